import { amountsOf, differs } from '@rhythm/api';
import type { Pod } from '@rhythm/api/types/core-v1';
import type { RuntimeClass } from '@rhythm/api/types/node-v1';
import type { AdmissionRequest, AdmissionStep, ObjectReader } from '../ports/types.ts';
import { deepEqual } from '../registry/deep-equal.ts';
import { isCore, refused } from './refuse.ts';

/** A pod that names a RuntimeClass gets its overhead, and goes only where it is served (KEP-585, KEP-688). */
export function runtimeClass(reader: ObjectReader): AdmissionStep {
  const classOf = async (request: AdmissionRequest, { spec }: Pod): Promise<RuntimeClass | undefined> => {
    const name = spec.runtimeClassName;
    if (name === undefined) return undefined;
    const found = await reader.get<RuntimeClass>('node.k8s.io', 'runtimeclasses', '', name);
    if (found === undefined) throw refused(request, `pod rejected: RuntimeClass ${JSON.stringify(name)} not found`);
    return found;
  };
  const podOf = (request: AdmissionRequest): Pod | undefined => (request.operation === 'CREATE' && isCore(request, 'pods') ? (request.object as Pod | undefined) : undefined);
  const complete = async (request: AdmissionRequest, pod: Pod): Promise<void> => {
    const found = await classOf(request, pod);
    if (found === undefined) return;
    setOverhead(request, pod, found);
    setScheduling(request, pod, found);
  };
  const check = async (request: AdmissionRequest, pod: Pod): Promise<void> => {
    const defined = (await classOf(request, pod))?.overhead;
    if (defined !== undefined) checkOverhead(request, pod, defined.podFixed);
    else if (pod.spec.overhead !== undefined) throw refused(request, 'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead');
  };
  return {
    name: 'RuntimeClass',
    resources: ['/pods'],
    admit(request) {
      const pod = podOf(request);
      return pod?.spec.runtimeClassName === undefined ? undefined : complete(request, pod);
    },
    validate(request) {
      const pod = podOf(request);
      return pod === undefined || (pod.spec.runtimeClassName === undefined && pod.spec.overhead === undefined) ? undefined : check(request, pod);
    },
  };
}

function setOverhead(request: AdmissionRequest, { spec }: Pod, { overhead }: RuntimeClass): void {
  if (overhead === undefined) return;
  if (spec.overhead !== undefined) checkOverhead(request, { spec } as Pod, overhead.podFixed);
  spec.overhead = { ...overhead.podFixed };
}

function checkOverhead(request: AdmissionRequest, { spec }: Pod, podFixed: Record<string, string> | undefined): void {
  if (differs(amountsOf(spec.overhead), amountsOf(podFixed))) throw refused(request, "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead");
}

function setScheduling(request: AdmissionRequest, { spec }: Pod, { scheduling }: RuntimeClass): void {
  if (scheduling === undefined) return;
  const selector = new Map(Object.entries(spec.nodeSelector ?? {}));
  for (const [key, value] of Object.entries(scheduling.nodeSelector ?? {})) {
    const own = selector.get(key);
    if (own !== undefined && own !== value) throw refused(request, `conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${value}; pod.spec.nodeSelector[${key}] = ${own}`);
    selector.set(key, value);
  }
  if (selector.size > 0) spec.nodeSelector = Object.fromEntries(selector);
  const tolerations = spec.tolerations ?? [];
  const added = (scheduling.tolerations ?? []).filter((toleration) => !tolerations.some((known) => deepEqual(known, toleration)));
  if (added.length > 0) spec.tolerations = [...tolerations, ...added];
}

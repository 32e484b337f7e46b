import type { KubeObject } from '@rhythm/api';
import type { Pod } from '@rhythm/api/types/core-v1';
import type { PriorityClass } from '@rhythm/api/types/scheduling-v1';
import type { AdmissionRequest, AdmissionStep, ObjectReader } from '../ports/types.ts';
import { isCore, refused } from './refuse.ts';

const group = 'scheduling.k8s.io';

/** The classes that every cluster has; to be created at start where they are missing. */
export function systemPriorityClasses(): PriorityClass[] {
  const of = (name: string, value: number, what: string): PriorityClass => ({
    kind: 'PriorityClass',
    apiVersion: `${group}/v1`,
    metadata: { name },
    value,
    globalDefault: false,
    preemptionPolicy: 'PreemptLowerPriority',
    description: `Used for system critical pods that must ${what}`,
  });
  return [
    of('system-cluster-critical', 2_000_000_000, 'run in the cluster, but can be moved to another node if necessary.'),
    of('system-node-critical', 2_000_001_000, 'not be moved from their current node.'),
  ];
}

/** Resolves `priorityClassName` to a number; a pod may not choose its number itself. */
export function priorityStep(reader: ObjectReader): AdmissionStep {
  return {
    name: 'Priority',
    resources: ['/pods', `${group}/priorityclasses`],
    admit(request) {
      if (!isCore(request, 'pods') || request.object === undefined) return undefined;
      const { spec } = request.object as Pod;
      if (request.operation === 'UPDATE') {
        const old = request.old as Pod | undefined;
        // A client that leaves the resolved values out of an update does not mean to change them.
        spec.priority ??= old?.spec.priority;
        spec.preemptionPolicy ??= old?.spec.preemptionPolicy;
        return undefined;
      }
      return request.operation === 'CREATE' ? resolve(reader, request, request.object as Pod) : undefined;
    },
    validate(request) {
      const { attributes, object, operation } = request;
      if (attributes.group !== group || attributes.resource !== 'priorityclasses' || object === undefined) return undefined;
      return (operation === 'CREATE' || operation === 'UPDATE') && (object as PriorityClass).globalDefault === true ? refuseSecondDefault(reader, request) : undefined;
    },
  };
}

async function resolve(reader: ObjectReader, request: AdmissionRequest, pod: Pod): Promise<void> {
  const { spec } = pod;
  const name = spec.priorityClassName ?? '';
  const found = name === '' ? await defaultClass(reader) : await classNamed(reader, name);
  if (found === undefined && name !== '') throw refused(request, `no PriorityClass with name ${name} was found`);
  const priority = found?.value ?? 0;
  const policy = found?.preemptionPolicy ?? 'PreemptLowerPriority';
  if (spec.priority !== undefined && spec.priority !== null && spec.priority !== priority) {
    throw refused(request, `the integer value of priority (${spec.priority}) must not be provided in pod spec; priority admission controller computed ${priority} from the given PriorityClass name`);
  }
  if (spec.preemptionPolicy !== undefined && spec.preemptionPolicy !== null && spec.preemptionPolicy !== policy) {
    throw refused(request, `the string value of PreemptionPolicy (${spec.preemptionPolicy}) must not be provided in pod spec; priority admission controller computed ${policy} from the given PriorityClass name`);
  }
  if (name === '' && found !== undefined) spec.priorityClassName = found.metadata.name;
  spec.priority = priority;
  spec.preemptionPolicy = policy;
}

async function classNamed(reader: ObjectReader, name: string): Promise<PriorityClass | undefined> {
  return (await reader.get<PriorityClass>(group, 'priorityclasses', '', name)) ?? systemPriorityClasses().find((known) => known.metadata.name === name);
}

/** The global default; of several, the lowest. */
async function defaultClass(reader: ObjectReader): Promise<PriorityClass | undefined> {
  const classes = await reader.list<PriorityClass>(group, 'priorityclasses', '');
  return classes.filter((found) => found.globalDefault === true).reduce<PriorityClass | undefined>((lowest, found) => (lowest === undefined || found.value < lowest.value ? found : lowest), undefined);
}

async function refuseSecondDefault(reader: ObjectReader, request: AdmissionRequest): Promise<void> {
  const name = (request.object as KubeObject).metadata.name;
  const other = await defaultClass(reader);
  if (other !== undefined && other.metadata.name !== name) throw refused(request, `PriorityClass ${other.metadata.name} is already marked as default. Only one default can exist`);
}

import type { Container, Pod, PodSpec } from '../../gen/types/core-v1.ts';
import { addQuantities, compareQuantities, formatQuantity, parseQuantity } from '../../quantity.ts';
import type { Quantity } from '../../quantity.ts';

/** Amounts by resource name. */
export type Amounts = ReadonlyMap<string, Quantity>;

/**
 * What a pod asks for: its containers and sidecars together, or what its init containers need at their peak if that is more,
 * pod-level requests instead where given, and the overhead on top (KEP-753, KEP-2837).
 */
export function podRequests(spec: PodSpec): Amounts {
  return podAmounts(spec, 'requests');
}

/** The same for limits. */
export function podLimits(spec: PodSpec): Amounts {
  return podAmounts(spec, 'limits');
}

/** The text of one amount; `undefined` when there is none. */
export function sumOf(amounts: Amounts, name: string): string | undefined {
  const quantity = amounts.get(name);
  return quantity === undefined ? undefined : formatQuantity(quantity);
}

/** `Guaranteed`, `Burstable` or `BestEffort`: by the cpu and memory of all containers, or of the pod as a whole where it says so. */
export function qosClassOf(pod: Pod): string {
  const { spec } = pod;
  const podLevel = spec.resources !== undefined && (Object.keys(spec.resources.limits ?? {}).length > 0 || Object.keys(spec.resources.requests ?? {}).length > 0);
  const holders = podLevel ? [spec.resources] : [...(spec.containers ?? []), ...(spec.initContainers ?? [])].map((c) => c.resources);
  const computed = ['cpu', 'memory'];
  let any = false;
  let guaranteed = true;
  for (const resources of holders) {
    for (const name of computed) {
      const limit = positive(resources?.limits?.[name]);
      const request = positive(resources?.requests?.[name]);
      if (limit !== undefined || request !== undefined) any = true;
      if (limit === undefined || (request !== undefined && compareQuantities(limit, request) !== 0)) guaranteed = false;
    }
  }
  if (!any) return 'BestEffort';
  return guaranteed ? 'Guaranteed' : 'Burstable';
}

type Amount = 'requests' | 'limits';

function podAmounts(spec: PodSpec, which: Amount): Amounts {
  const running = new Map<string, Quantity>();
  for (const container of spec.containers ?? []) addAll(running, amountsOf(container, which));
  const peak = new Map<string, Quantity>();
  const sidecars = new Map<string, Quantity>();
  for (const container of spec.initContainers ?? []) {
    const own = amountsOf(container, which);
    if (container.restartPolicy === 'Always') {
      addAll(running, own);
      addAll(sidecars, own);
      raiseTo(peak, sidecars);
    } else {
      const together = new Map(sidecars);
      addAll(together, own);
      raiseTo(peak, together);
    }
  }
  raiseTo(running, peak);
  for (const [name, quantity] of entriesOf(spec.resources?.[which])) running.set(name, quantity);
  if (which === 'requests' || running.size > 0) addAll(running, entriesOf(spec.overhead).filter(([name]) => which === 'requests' || running.has(name)));
  return running;
}

function amountsOf(container: Container, which: Amount): [string, Quantity][] {
  return entriesOf(container.resources?.[which]);
}

function entriesOf(list: Record<string, string> | undefined): [string, Quantity][] {
  return Object.entries(list ?? {}).map(([name, text]) => [name, parseQuantity(text)]);
}

function addAll(to: Map<string, Quantity>, amounts: Iterable<[string, Quantity]>): void {
  for (const [name, quantity] of amounts) {
    const known = to.get(name);
    to.set(name, known === undefined ? quantity : addQuantities(known, quantity));
  }
}

function raiseTo(to: Map<string, Quantity>, amounts: Iterable<[string, Quantity]>): void {
  for (const [name, quantity] of amounts) {
    const known = to.get(name);
    if (known === undefined || compareQuantities(known, quantity) < 0) to.set(name, quantity);
  }
}

function positive(text: string | undefined): Quantity | undefined {
  if (text === undefined) return undefined;
  const quantity = parseQuantity(text);
  return quantity.nano > 0n ? quantity : undefined;
}

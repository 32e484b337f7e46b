import type { Container, Pod } from '@rhythm/api/types/core-v1';
import { parseQuantity, quantityMilli, quantityValue } from '@rhythm/api';

/** Amounts by resource name: CPU in thousandths of a core, everything else in whole units (bytes for memory). */
export type Amounts = ReadonlyMap<string, number>;

/** The requests or capacity in `list`, as numbers. */
export function amountsOf(list: Readonly<Record<string, string>> | undefined): Map<string, number> {
  const amounts = new Map<string, number>();
  for (const [name, text] of Object.entries(list ?? {})) {
    const quantity = parseQuantity(text);
    amounts.set(name, Number(name === 'cpu' ? quantityMilli(quantity) : quantityValue(quantity)));
  }
  return amounts;
}

/** What a pod asks for never changes: it is read from its spec once, not once per node and plugin. */
interface Asked {
  readonly requests: Amounts;
  readonly cpuMilli: number;
  readonly memoryBytes: number;
}
const asked = new WeakMap<Pod['spec'], Asked>();

function askedBy({ spec }: Pod): Asked {
  let found = asked.get(spec);
  if (found === undefined) {
    const requests = sumRequests(spec);
    found = { requests, cpuMilli: requests.get('cpu') ?? 100, memoryBytes: requests.get('memory') ?? 200 * 1024 * 1024 };
    asked.set(spec, found);
  }
  return found;
}

/**
 * What a pod asks of a node: the greater of its running containers together and of each init container beside the
 * sidecars started before it, or the pod-level request where there is one, plus the overhead (KEP-753, KEP-2837).
 */
export function podRequests(pod: Pod): Amounts {
  return askedBy(pod).requests;
}

function sumRequests(spec: Pod['spec']): Map<string, number> {
  const running = sum((spec.containers ?? []).map(requestsOf));
  const sidecars = new Map<string, number>();
  const peak = new Map<string, number>();
  for (const init of spec.initContainers ?? []) {
    if (init.restartPolicy === 'Always') {
      addTo(sidecars, requestsOf(init));
      takeMax(peak, sidecars);
    } else {
      takeMax(peak, sum([sidecars, requestsOf(init)]));
    }
  }
  addTo(running, sidecars);
  takeMax(running, peak);
  for (const [name, amount] of amountsOf(spec.resources?.requests)) running.set(name, amount);
  addTo(running, amountsOf(spec.overhead));
  return running;
}

/** For scoring: a pod that says nothing is counted as a small one, so that such pods spread too. */
export function nonZeroRequests(pod: Pod): { cpuMilli: number; memoryBytes: number } {
  return askedBy(pod);
}

export function addTo(total: Map<string, number>, more: Amounts, sign: 1 | -1 = 1): void {
  for (const [name, amount] of more) total.set(name, (total.get(name) ?? 0) + sign * amount);
}

function requestsOf(container: Container): Map<string, number> {
  // A limit without a request stands for both; the API server defaults it, older objects may lack it.
  return amountsOf({ ...container.resources.limits, ...container.resources.requests });
}

function sum(parts: readonly Amounts[]): Map<string, number> {
  const total = new Map<string, number>();
  for (const part of parts) addTo(total, part);
  return total;
}

function takeMax(total: Map<string, number>, other: Amounts): void {
  for (const [name, amount] of other) total.set(name, Math.max(total.get(name) ?? 0, amount));
}

import { parseQuantity, podRequests as requestsOfSpec, quantityMilli, quantityValue, type Quantity } from '@rhythm/api';
import type { Pod } from '@rhythm/api/types/core-v1';

/** Amounts by resource name: CPU in thousandths of a core, everything else in whole units (bytes for memory). */
export type Amounts = ReadonlyMap<string, number>;

/** The requests or capacity in `list`, as numbers. */
export function amountsOf(list: Readonly<Record<string, string>> | undefined): Map<string, number> {
  const amounts = new Map<string, number>();
  for (const [name, text] of Object.entries(list ?? {})) amounts.set(name, wholeUnits(name, parseQuantity(text)));
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

/** What a pod asks of a node, as numbers. */
export function podRequests(pod: Pod): Amounts {
  return askedBy(pod).requests;
}

function sumRequests(spec: Pod['spec']): Map<string, number> {
  return new Map([...requestsOfSpec(spec)].map(([name, quantity]) => [name, wholeUnits(name, quantity)]));
}

function wholeUnits(name: string, quantity: Quantity): number {
  return Number(name === 'cpu' ? quantityMilli(quantity) : quantityValue(quantity));
}

/** For scoring: a pod that says nothing is counted as a small one, so that such pods spread too. */
export function nonZeroRequests(pod: Pod): { cpuMilli: number; memoryBytes: number } {
  return askedBy(pod);
}

export function addTo(total: Map<string, number>, more: Amounts, sign: 1 | -1 = 1): void {
  for (const [name, amount] of more) total.set(name, (total.get(name) ?? 0) + sign * amount);
}

import { parseQuantity, podRequests as requestsOfSpec, quantityMilli, quantityValue, type Quantity } from '@rhythm/api';
import type { Pod } from '@rhythm/api/types/core-v1';
import { rejected, type Refusal } from './refusal.ts';
import { unsupported } from './unsupported.ts';

export interface AdmissionInput {
  readonly pod: Pod;
  /** Pods of this node that run or may still run, without `pod`. */
  readonly others: readonly Pod[];
  readonly allocatable: Readonly<Record<string, string>>;
  /** The labels that the node gives itself. */
  readonly labels: Readonly<Record<string, string>>;
}

/** Why this node cannot run a pod, whoever sent it here; undefined when it can. Said once, before anything of the pod starts. */
export function refusal(input: AdmissionInput): Refusal | undefined {
  const { pod, labels } = input;
  const os = pod.spec.os?.name;
  if (os !== undefined && os !== 'linux') return rejected('PodOSNotSupported', `pod has os field ${os}, and the node runs linux`);
  // Of other labels the scheduler knows more than this node, which sees them later.
  const unmatched = Object.entries(pod.spec.nodeSelector ?? {}).some(([key, value]) => Object.hasOwn(labels, key) && labels[key] !== value);
  if (unmatched) return rejected('NodeAffinity', "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector");
  return unsupported(pod) ?? outOfResources(input);
}

function outOfResources({ pod, others, allocatable }: AdmissionInput): Refusal | undefined {
  const capacity = amount('pods', allocatable['pods']);
  if (BigInt(others.length + 1) > capacity) return lacking('pods', 1n, BigInt(others.length), capacity);
  for (const [name, requested] of podRequests(pod)) {
    if (requested === 0n) continue;
    const available = amount(name, allocatable[name]);
    const used = others.reduce((sum, other) => sum + (podRequests(other).get(name) ?? 0n), 0n);
    if (used + requested > available) return lacking(name, requested, used, available);
  }
  return undefined;
}

const lacking = (name: string, requested: bigint, used: bigint, capacity: bigint): Refusal =>
  rejected(`OutOf${name}`, `Node didn't have enough resource: ${name}, requested: ${requested}, used: ${used}, capacity: ${capacity}`);

/** What a pod asks for does not change: it is summed up once, however often others are weighed against it. */
const sums = new WeakMap<Pod['spec'], ReadonlyMap<string, bigint>>();

/** What a pod asks for in whole units, CPU in thousandths. */
export function podRequests({ spec }: Pod): ReadonlyMap<string, bigint> {
  const known = sums.get(spec);
  if (known !== undefined) return known;
  const sum = sumRequests(spec);
  sums.set(spec, sum);
  return sum;
}

function sumRequests(spec: Pod['spec']): Map<string, bigint> {
  return new Map([...requestsOfSpec(spec)].map(([name, quantity]) => [name, wholeUnits(name, quantity)]));
}

function amount(name: string, text: string | undefined): bigint {
  return text === undefined ? 0n : wholeUnits(name, parseQuantity(text));
}

function wholeUnits(name: string, quantity: Quantity): bigint {
  return name === 'cpu' ? quantityMilli(quantity) : quantityValue(quantity);
}

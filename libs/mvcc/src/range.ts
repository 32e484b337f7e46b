import { dataKey } from './disk-key.ts';
import { decodeKeyValue } from './key-value.ts';
import { keyRange, isSingle, type KeyRange } from './key.ts';
import type { Found, KeyHistory } from './key-history.ts';
import type { SortedMap } from './sorted-map.ts';
import type { KeyValue, RangeRequest, Revision } from './types.ts';
import { MvccError } from './errors.ts';

/** One value that an answer needs. */
export interface PlanItem extends Found {
  readonly key: string;
}

/**
 * What a range will answer, decided from the index alone; values are fetched afterwards, in slices if they are many.
 * Revisions never change, so a plan stays right until what it names is compacted away.
 */
export interface RangePlan {
  /** The store's revision that the answer reports. */
  readonly revision: number;
  readonly count: number;
  readonly more: boolean;
  readonly items: readonly PlanItem[];
  readonly keysOnly: boolean;
  /** Sorting that needs values: done by `finishRange`, which also cuts to `limit` (0: no limit). */
  readonly byValue: { readonly descending: boolean; readonly limit: number } | undefined;
}

export interface RangeAnswer {
  readonly revision: number;
  readonly kvs: KeyValue[];
  readonly more: boolean;
  readonly count: bigint;
}

/** Checks the revision of a read against what is there; gives the transaction to read at. */
export function readRevision(wanted: bigint, current: number, compacted: number): number {
  const at = wanted <= 0n ? current : Number(wanted);
  if (at > current) throw new MvccError('FutureRevision', `revision ${at} is above the current ${current}`);
  if (at < compacted) throw new MvccError('Compacted', `revision ${at} is below the compacted ${compacted}`);
  return at;
}

export function planRange(index: SortedMap<KeyHistory>, request: RangeRequest, current: number, compacted: number): RangePlan {
  const at = readRevision(request.revision, current, compacted);
  const limit = Number(request.limit);
  const filtered = request.minModRevision > 0n || request.maxModRevision > 0n || request.minCreateRevision > 0n || request.maxCreateRevision > 0n;
  const sorted = request.sortOrder !== 0 || request.sortTarget !== 0;
  // As in etcd: without an order given, a target sorts only what the limit and one more let through.
  const wanted = limit > 0 && !filtered && request.sortOrder === 0 ? limit + (sorted ? 1 : 0) : Infinity;
  const { items, count } = collect(index, keyRange(request.key, request.rangeEnd), at, request.countOnly ? 0 : wanted);
  let kept = filtered ? items.filter((item) => passes(request, item)) : items;
  let more = !request.countOnly && items.length < count && !filtered && !sorted;
  const byValue = sorted && request.sortTarget === 4;
  const descending = request.sortOrder === 2;
  if (sorted && !byValue) kept = sortItems(kept, request);
  if (limit > 0 && kept.length > limit) {
    more = true;
    if (!byValue) kept = kept.slice(0, limit);
  }
  return { revision: current, count, more, items: kept, keysOnly: request.keysOnly, byValue: byValue ? { descending, limit } : undefined };
}

/** The answer, once `fetch` can give the bytes of each item. */
export function finishRange(plan: RangePlan, fetch: (revision: Revision) => Uint8Array): RangeAnswer {
  return assembleRange(plan, plan.items.map((item) => decodeKeyValue(fetch(item.revision))));
}

/** The answer from the values of `plan.items`, in their order. */
export function assembleRange(plan: RangePlan, values: KeyValue[]): RangeAnswer {
  let kvs = values;
  if (plan.byValue !== undefined) {
    const sign = plan.byValue.descending ? -1 : 1;
    kvs.sort((a, b) => sign * Buffer.compare(a.value, b.value));
    if (plan.byValue.limit > 0) kvs = kvs.slice(0, plan.byValue.limit);
  }
  if (plan.keysOnly) for (const kv of kvs) kv.value = empty;
  return { revision: plan.revision, kvs, more: plan.more, count: BigInt(plan.count) };
}

/** Where the bytes of an item are. */
export function planKey(item: { readonly revision: Revision }): Uint8Array {
  return dataKey(item.revision);
}

const empty = new Uint8Array(0);

function collect(index: SortedMap<KeyHistory>, range: KeyRange, at: number, wanted: number): { items: PlanItem[]; count: number } {
  const items: PlanItem[] = [];
  let count = 0;
  const visit = (history: KeyHistory): void => {
    if (items.length >= wanted) {
      if (history.existsAt(at)) count++;
      return;
    }
    const found = history.find(at);
    if (found === undefined) return;
    count++;
    const { revision, createRevision, version } = found;
    items.push({ key: history.key, revision, createRevision, version });
  };
  if (isSingle(range)) {
    const history = index.get(range.start);
    if (history !== undefined) visit(history);
  } else {
    index.forEach(range, visit);
  }
  return { items, count };
}

function passes(request: RangeRequest, item: PlanItem): boolean {
  const mod = BigInt(item.revision.main);
  const create = BigInt(item.createRevision);
  return (
    (request.minModRevision <= 0n || mod >= request.minModRevision) &&
    (request.maxModRevision <= 0n || mod <= request.maxModRevision) &&
    (request.minCreateRevision <= 0n || create >= request.minCreateRevision) &&
    (request.maxCreateRevision <= 0n || create <= request.maxCreateRevision)
  );
}

/** Sorted by the target; equal ones stay in the order of keys. Without an order a target means ascending. */
function sortItems(items: readonly PlanItem[], request: RangeRequest): PlanItem[] {
  const sign = request.sortOrder === 2 ? -1 : 1;
  const value = (item: PlanItem): number =>
    request.sortTarget === 1 ? item.version : request.sortTarget === 2 ? item.createRevision : item.revision.main;
  if (request.sortTarget === 0) return sign > 0 ? [...items] : items.toReversed();
  return items.toSorted((a, b) => sign * (value(a) - value(b)));
}

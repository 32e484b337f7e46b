import { isSingle, keyRange } from './key.ts';
import type { Compare, KeyValue } from './types.ts';
import type { KeyHistory } from './key-history.ts';
import type { SortedMap } from './sorted-map.ts';

/** What the comparison may look at: the index, and values and leases where those are compared. */
export interface CompareView {
  readonly index: SortedMap<KeyHistory>;
  readonly revision: number;
  value(history: KeyHistory): KeyValue | undefined;
}

/**
 * True when the comparison holds for every key of its range. A key that does not exist has version, revisions and
 * lease 0, and no value: comparing its value is false. An empty range likewise stands for one missing key.
 */
export function holds(view: CompareView, compare: Compare): boolean {
  const range = keyRange(compare.key, compare.rangeEnd);
  if (isSingle(range)) return matches(view, compare, view.index.get(range.start));
  let any = false;
  let all = true;
  view.index.forEach(range, (history) => {
    if (!history.existsAt(view.revision)) return true;
    any = true;
    all = matches(view, compare, history);
    return all;
  });
  return any ? all : matches(view, compare, undefined);
}

function matches(view: CompareView, compare: Compare, history: KeyHistory | undefined): boolean {
  const order = compareTarget(view, compare, history);
  switch (compare.result) {
    case 0:
      return order === 0;
    case 1:
      return order !== undefined && order > 0;
    case 2:
      return order !== undefined && order < 0;
    case 3:
      return order !== undefined && order !== 0;
    default:
      return true;
  }
}

/** Sign of what is there minus what is given; undefined when there is nothing to compare with. */
function compareTarget(view: CompareView, compare: Compare, history: KeyHistory | undefined): number | undefined {
  const found = history?.find(view.revision);
  const given = compare.targetUnion;
  const number = given !== undefined && given.$case !== 'value' ? given.value : 0n;
  switch (compare.target) {
    case 0:
      return sign(BigInt(found?.version ?? 0), number);
    case 1:
      return sign(BigInt(found?.createRevision ?? 0), number);
    case 2:
      return sign(BigInt(found?.revision.main ?? 0), number);
    case 3: {
      const kv = history === undefined || found === undefined ? undefined : view.value(history);
      return kv === undefined ? undefined : Buffer.compare(kv.value, given?.$case === 'value' ? given.value : empty);
    }
    case 4:
      return sign((history === undefined || found === undefined ? undefined : view.value(history))?.lease ?? 0n, number);
    default:
      return 0;
  }
}

const empty = new Uint8Array(0);

function sign(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

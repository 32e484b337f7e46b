import type { Clock } from '@rhythm/base';
import { decodeKeyValue, encodeKeyValue, type RangePlan } from '@rhythm/mvcc';
import type { RangeRequest, ResponseHeader } from '@rhythm/proto/etcd';
import type { State } from '../host/state.ts';
import { etcdError } from './errors.ts';
import { encodeRange, encodeRangeChunk } from './range-encoding.ts';

/** Bytes and values of one message, about. */
const chunkBytesMax = 1024 * 1024;
const chunkItemsMax = 4000;
const noValue = new Uint8Array(0);

/** A streamed range is given in the order of keys: any other needs all of it first, which is what the unary method is for. */
export function isStreamable({ sortOrder, sortTarget }: RangeRequest): boolean {
  return sortTarget === 0 && (sortOrder === 0 || sortOrder === 1);
}

export interface StreamedRange {
  readonly plan: RangePlan;
  /** The revision that is read. */
  readonly at: number;
  readonly header: ResponseHeader;
  /** Called before each part is read; throws when the caller may no longer read it. */
  readonly check: () => void;
}

/**
 * The answer in parts that give the unary method's answer when merged: keys and values in each, disjoint and in order; header,
 * `more` and `count` in the last. All parts are of one revision. Nothing is held back for a slow reader: when that
 * revision is compacted meanwhile, the stream ends with etcd's error, and the reader begins anew.
 */
export async function* streamRange(state: () => State, clock: Pick<Clock, 'sleep'>, { plan, at, header, check }: StreamedRange): AsyncGenerator<Buffer> {
  for (let next = 0; next < plan.items.length; ) {
    if (next > 0) {
      // Others have their turn between two parts, also when the reader takes them as fast as they come.
      await clock.sleep(0);
      if (at < state().mvcc.compactRevision) throw etcdError('Compacted');
    }
    check();
    const values: Uint8Array[] = [];
    for (let bytes = 0; next < plan.items.length && values.length < chunkItemsMax && bytes < chunkBytesMax; next++) {
      const item = plan.items[next];
      if (item === undefined) break;
      const stored = state().value(item.revision);
      const value = plan.keysOnly ? encodeKeyValue({ ...decodeKeyValue(stored), value: noValue }) : stored;
      values.push(value);
      bytes += value.length;
    }
    yield encodeRangeChunk(encodeRange(undefined, values, false, 0));
  }
  yield encodeRangeChunk(encodeRange(header, [], plan.more, plan.count));
}

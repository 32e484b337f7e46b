import { MvccError } from './errors.ts';
import { dataKey } from './disk-key.ts';
import { decodeKeyValue, encodeKeyValue } from './key-value.ts';
import { KeyHistory, type StoredRevision } from './key-history.ts';
import { holds } from './compare.ts';
import { isSingle, keyBytes, keyRange, keyText } from './key.ts';
import { planRange, readRevision } from './range.ts';
import type { Leases } from './leases.ts';
import type { OpReply, Reply } from './reply.ts';
import type { SortedMap } from './sorted-map.ts';
import type { DeleteRangeRequest, KeyValue, PutRequest, Reader, RequestOp, Revision, StoredEvent, TxnRequest, Write } from './types.ts';

/** The state a transaction works on. */
export interface TransactionState {
  readonly index: SortedMap<KeyHistory>;
  readonly leases: Leases;
  /** Newest transaction before this one. */
  readonly revision: number;
  readonly compacted: number;
  readonly reader: Reader;
}

type PutReply = Extract<Reply, { $case: 'put' }>;
type DeleteReply = Extract<Reply, { $case: 'deleteRange' }>;
type TxnReply = Extract<Reply, { $case: 'txn' }>;

const empty = new Uint8Array(0);

/** One step of history: everything it changes has the same main revision. All checks come before the first change. */
export class Transaction {
  readonly writes: Write[] = [];
  readonly events: StoredEvent[] = [];
  /** Bytes that the writes take on disk. */
  bytes = 0;
  readonly #state: TransactionState;

  constructor(state: TransactionState) {
    this.#state = state;
  }

  /** The store's revision as this transaction sees it: one more as soon as it has changed something. */
  revision(): number {
    return this.#state.revision + (this.events.length > 0 ? 1 : 0);
  }

  put(request: PutRequest): PutReply {
    // Alone, a put is refused for its lease first; in a transaction for its key. So is etcd's.
    if (request.lease !== 0n) this.#state.leases.required(request.lease);
    this.#checkPut(request);
    return this.#put(request);
  }

  deleteRange(request: DeleteRangeRequest): DeleteReply {
    const range = keyRange(request.key, request.rangeEnd);
    const found: KeyHistory[] = [];
    const at = this.revision();
    if (isSingle(range)) {
      const history = this.#state.index.get(range.start);
      if (history?.existsAt(at) === true) found.push(history);
    } else {
      this.#state.index.forEach(range, (history) => {
        if (history.existsAt(at)) found.push(history);
      });
    }
    const prevKvs = request.prevKv ? found.map((history) => this.#read(history)) : [];
    for (const history of found) this.#tombstone(history);
    return { $case: 'deleteRange', revision: this.revision(), deleted: found.length, prevKvs };
  }

  /** Deletes keys that exist, in the given order. */
  deleteKeys(keys: readonly string[]): void {
    for (const key of keys) {
      const history = this.#state.index.get(key);
      if (history?.existsAt(this.revision()) === true) this.#tombstone(history);
    }
  }

  /** Compares, then one of the two lists. Nested transactions compare against the state before this one, as in etcd. */
  run(request: TxnRequest): TxnReply {
    const path: boolean[] = [];
    this.#choose(request, path);
    this.#checkPuts(request, path, { at: 0 });
    this.#checkRanges(request, path, { at: 0 });
    return this.#run(request, path, { at: 0 });
  }

  #choose(request: TxnRequest, path: boolean[]): void {
    const { index, revision } = this.#state;
    const view = { index, revision, value: (history: KeyHistory) => this.#read(history) };
    const succeeded = request.compare.every((compare) => holds(view, compare));
    path.push(succeeded);
    for (const op of succeeded ? request.success : request.failure) {
      if (op.request?.$case === 'requestTxn') this.#choose(op.request.value, path);
    }
  }

  #checkPuts(request: TxnRequest, path: readonly boolean[], cursor: { at: number }): void {
    for (const { request: op } of chosen(request, path, cursor)) {
      if (op?.$case === 'requestPut') this.#checkPut(op.value);
      else if (op?.$case === 'requestTxn') this.#checkPuts(op.value, path, cursor);
    }
  }

  #checkRanges(request: TxnRequest, path: readonly boolean[], cursor: { at: number }): void {
    for (const { request: op } of chosen(request, path, cursor)) {
      if (op?.$case === 'requestRange') readRevision(op.value.revision, this.#state.revision, this.#state.compacted);
      else if (op?.$case === 'requestTxn') this.#checkRanges(op.value, path, cursor);
    }
  }

  #run(request: TxnRequest, path: readonly boolean[], cursor: { at: number }): TxnReply {
    const succeeded = path[cursor.at] === true;
    const responses: OpReply[] = [];
    for (const { request: op } of chosen(request, path, cursor)) {
      if (op?.$case === 'requestPut') responses.push(this.#put(op.value));
      else if (op?.$case === 'requestDeleteRange') responses.push(this.deleteRange(op.value));
      else if (op?.$case === 'requestRange') {
        responses.push({ $case: 'range', plan: planRange(this.#state.index, op.value, this.revision(), this.#state.compacted) });
      } else if (op?.$case === 'requestTxn') responses.push(this.#run(op.value, path, cursor));
    }
    return { $case: 'txn', revision: this.revision(), succeeded, responses };
  }

  #checkPut(request: PutRequest): void {
    if (request.ignoreValue || request.ignoreLease) {
      const history = this.#state.index.get(keyText(request.key));
      if (history?.existsAt(this.#state.revision) !== true) throw new MvccError('KeyNotFound', 'the key to be changed does not exist');
    }
    if (request.lease !== 0n) this.#state.leases.required(request.lease);
  }

  #put(request: PutRequest): PutReply {
    const { index, leases } = this.#state;
    const key = keyText(request.key);
    let history = index.get(key);
    const found = history?.find(this.revision());
    const needed = found !== undefined && (request.prevKv || request.ignoreValue);
    const previous = needed && history !== undefined ? this.#read(history) : undefined;
    if (history === undefined) {
      history = new KeyHistory(key);
      index.add(history);
    }
    const revision = this.#next();
    const lease = request.ignoreLease ? leases.leaseOf(key) : request.lease;
    const kv: KeyValue = {
      key: request.key,
      createRevision: BigInt(found?.createRevision ?? revision.main),
      modRevision: BigInt(revision.main),
      version: BigInt((found?.version ?? 0) + 1),
      value: request.ignoreValue ? (previous?.value ?? empty) : request.value,
      lease,
    };
    const stored = encodeKeyValue(kv);
    history.put(this.#write(revision, stored, false));
    leases.attach(key, lease);
    this.events.push({ type: 'put', keyText: key, kv, stored, revision, previous: found?.revision });
    return { $case: 'put', revision: revision.main, prevKv: request.prevKv ? previous : undefined };
  }

  #tombstone(history: KeyHistory): void {
    const previous = history.newest();
    const revision = this.#next();
    this.#state.leases.attach(history.key, 0n);
    const kv: KeyValue = { key: keyBytes(history.key), createRevision: 0n, modRevision: 0n, version: 0n, value: empty, lease: 0n };
    history.tombstone(this.#write(revision, encodeKeyValue(kv), true));
    kv.modRevision = BigInt(revision.main);
    this.events.push({ type: 'delete', keyText: history.key, kv, revision, previous });
  }

  #write({ main, sub }: Revision, value: Uint8Array, isTombstone: boolean): StoredRevision {
    const key = dataKey({ main, sub }, isTombstone);
    const bytes = key.length + value.length;
    this.bytes += bytes;
    this.writes.push({ key, value });
    return { main, sub, bytes };
  }

  #next(): Revision {
    return { main: this.#state.revision + 1, sub: this.events.length };
  }

  /** The value before this transaction or as it left it, whichever is newer. */
  #read(history: KeyHistory): KeyValue {
    const found = history.find(this.revision());
    if (found === undefined) throw new Error('a value is read of a key that does not exist');
    const diskKey = dataKey(found.revision);
    const own = found.revision.main > this.#state.revision ? this.writes[found.revision.sub]?.value : undefined;
    const bytes = own ?? this.#state.reader.get(diskKey);
    if (bytes === undefined) throw new Error(`the value of revision ${found.revision.main}.${found.revision.sub} is missing on disk`);
    return decodeKeyValue(bytes);
  }
}

/** The operations of the side that was chosen; moves the cursor past this transaction's entry in the path. */
function chosen(request: TxnRequest, path: readonly boolean[], cursor: { at: number }): readonly RequestOp[] {
  return path[cursor.at++] === true ? request.success : request.failure;
}

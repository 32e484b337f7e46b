import { assert } from '@rhythm/base';
import { MvccError } from './errors.ts';
import { KeyHistory } from './key-history.ts';
import { Leases } from './leases.ts';
import { SortedMap } from './sorted-map.ts';
import { planRange, type RangePlan } from './range.ts';
import { Transaction } from './transaction.ts';
import { dataKey, metaKey } from './disk-key.ts';
import type { Reply } from './reply.ts';
import type { Command, KeyValue, RangeRequest, Reader, Revision, StoredEvent, Write } from './types.ts';
import { keyRange, keyText } from './key.ts';

/** The result of one command. Nothing is lost by an error: the command then changed nothing. */
export interface Applied {
  readonly reply: Reply | MvccError;
  /** To be stored together with the applied index, in one atomic batch. */
  readonly writes: readonly Write[];
  /** All of one revision. */
  readonly events: readonly StoredEvent[];
}

/** A change found in history; the values are still to be read. */
export interface HistoryItem {
  readonly key: string;
  readonly revision: Revision;
  readonly isTombstone: boolean;
  readonly previous: Revision | undefined;
}

/** Transactions begin at revision 1 in an empty store, as in etcd. */
const firstRevision = 1;

/**
 * The multi-version state: an index of every key's revisions in memory, their values behind a `Reader`. It does no
 * I/O and knows no time, so equal commands give equal states everywhere.
 */
export class Mvcc {
  readonly index = new SortedMap<KeyHistory>();
  readonly leases = new Leases();
  #revision = firstRevision;
  #compacted = -1;
  #bytes = 0;

  /** The newest transaction. */
  get revision(): number {
    return this.#revision;
  }

  /** Reads below this transaction are refused; -1 when nothing was compacted. */
  get compactRevision(): number {
    return this.#compacted;
  }

  /** Bytes that keys and values of all stored revisions take, before any compression or overhead of the disk. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Applies one command in log order; `reader` sees the writes of all commands before it. */
  apply(command: Command, reader: Reader): Applied {
    try {
      return this.#apply(command, reader);
    } catch (error) {
      if (error instanceof MvccError) return { reply: error, writes: [], events: [] };
      throw error;
    }
  }

  /** What a range answers now. Throws `MvccError`: Compacted or FutureRevision. */
  range(request: RangeRequest): RangePlan {
    return planRange(this.index, request, this.#revision, this.#compacted);
  }

  /**
   * The changes of a range of keys from transaction `from` to `to` inclusive, in the order of revisions.
   * Throws `MvccError` Compacted when `from` is no longer there.
   */
  history(key: Uint8Array, rangeEnd: Uint8Array, from: number, to: number): HistoryItem[] {
    if (from < this.#compacted) throw new MvccError('Compacted', `revision ${from} is below the compacted ${this.#compacted}`);
    const items: HistoryItem[] = [];
    this.index.forEach(keyRange(key, rangeEnd), (entry) => {
      entry.since(from, (revision, isTombstone, previous) => {
        if (revision.main <= to) items.push({ key: entry.key, revision, isTombstone, previous });
      });
    });
    return items.sort((a, b) => a.revision.main - b.revision.main || a.revision.sub - b.revision.sub);
  }

  /**
   * Removes what the compaction made invisible, a slice of `keysPerSlice` keys at a time: yields the removals of a
   * slice. Commands may be applied between slices.
   */
  *collectGarbage(keysPerSlice: number): Generator<Write[]> {
    const at = this.#compacted;
    let writes: Write[] = [];
    let seen = 0;
    for (const entry of this.index.entries()) {
      entry.compact(at, (revision, isTombstone) => {
        this.#bytes -= revision.bytes;
        writes.push({ key: dataKey(revision, isTombstone) });
      });
      if (entry.isEmpty && this.index.get(entry.key) === entry) this.index.delete(entry.key);
      if (++seen % keysPerSlice !== 0) continue;
      yield writes;
      writes = [];
    }
    yield writes;
  }

  /** Puts back one stored value; called for all of them in the order of revisions before the first command. `bytes`: of key and value on disk. */
  restoreValue(kv: KeyValue, { main, sub }: Revision, isTombstone: boolean, bytes: number): void {
    const revision = { main, sub, bytes };
    this.#bytes += bytes;
    const key = keyText(kv.key);
    let entry = this.index.get(key);
    if (entry === undefined) {
      entry = new KeyHistory(key);
      this.index.add(entry);
    }
    const created = isTombstone ? revision : { main: Number(kv.createRevision), sub: 0 };
    entry.restore(revision, isTombstone, created, Number(kv.version));
    this.leases.attach(key, isTombstone ? 0n : kv.lease);
    this.#revision = Math.max(this.#revision, revision.main);
  }

  /** Puts back the counters, after all values. Leases are restored before the values that hang on them. */
  restoreRevisions(revision: number, compactRevision: number): void {
    this.#revision = Math.max(this.#revision, revision);
    this.#compacted = compactRevision;
  }

  #apply(command: Command, reader: Reader): Applied {
    switch (command.$case) {
      case 'put':
        return this.#transact(reader, (txn) => txn.put(command.value));
      case 'deleteRange':
        return this.#transact(reader, (txn) => txn.deleteRange(command.value));
      case 'txn':
        return this.#transact(reader, (txn) => txn.run(command.value));
      case 'compaction':
        return this.#compact(Number(command.value.revision));
      case 'leaseGrant': {
        const { ID, TTL } = command.value;
        const write = this.leases.grant(ID, TTL);
        return { reply: { $case: 'leaseGrant', revision: this.#revision, ID, TTL }, writes: [write], events: [] };
      }
      case 'leaseRevoke':
        return this.#revoke(command.value.ID, reader);
      case 'leaseCheckpoint': {
        const writes = command.value.checkpoints.flatMap(({ ID, remainingTTL }) => this.leases.checkpoint(ID, remainingTTL) ?? []);
        return { reply: { $case: 'leaseCheckpoint', revision: this.#revision }, writes, events: [] };
      }
    }
  }

  #transact(reader: Reader, run: (txn: Transaction) => Reply): Applied {
    const txn = new Transaction({ index: this.index, leases: this.leases, revision: this.#revision, compacted: this.#compacted, reader });
    const reply = run(txn);
    this.#revision = txn.revision();
    this.#bytes += txn.bytes;
    return { reply, writes: txn.writes, events: txn.events };
  }

  #compact(revision: number): Applied {
    if (revision <= this.#compacted) throw new MvccError('Compacted', `revision ${revision} is already compacted`);
    if (revision > this.#revision) throw new MvccError('FutureRevision', `revision ${revision} is above the current ${this.#revision}`);
    this.#compacted = revision;
    return { reply: { $case: 'compaction', revision: this.#revision }, writes: [counterWrite('compacted', revision)], events: [] };
  }

  #revoke(id: bigint, reader: Reader): Applied {
    const lease = this.leases.required(id);
    const keys = [...lease.keys].sort();
    const applied = this.#transact(reader, (txn) => {
      txn.deleteKeys(keys);
      return { $case: 'leaseRevoke', revision: txn.revision() };
    });
    assert(lease.keys.size === 0, 'a revoked lease has no keys left');
    return { ...applied, writes: [...applied.writes, this.leases.remove(id)] };
  }
}

/** A counter of the meta family: eight bytes, big endian. */
export function counterWrite(name: string, value: number): Write {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(value));
  return { key: metaKey(name), value: bytes };
}

export function readCounter(bytes: Uint8Array): number {
  return Number(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getBigInt64(0));
}

import type { KeyValueSpace } from '@rhythm/disk';
import { dataFamily, decodeKeyValue, leaseFamily, metaKey, Mvcc, parseDataKey, parseLeaseKey, readCounter, type Command } from '@rhythm/mvcc';
import type { ApplyContext, Machine, Outcome, StoreCommand } from './machine.ts';

/** Keys, their history and leases. */
export class KvMachine implements Machine {
  readonly commands = ['put', 'deleteRange', 'txn', 'compaction', 'leaseGrant', 'leaseRevoke', 'leaseCheckpoint'] as const;
  readonly mvcc = new Mvcc();

  apply(command: StoreCommand, { reader }: ApplyContext): Outcome {
    return this.mvcc.apply(command as Command, reader);
  }

  async restore(space: KeyValueSpace): Promise<void> {
    for await (const slice of space.entries(leaseFamily.start, leaseFamily.end)) {
      for (const [key, value] of slice) {
        const remaining = value.length > 8 ? readCounter(value.subarray(8)) : 0;
        this.mvcc.leases.restore(parseLeaseKey(key), BigInt(readCounter(value)), BigInt(remaining));
      }
    }
    for await (const slice of space.entries(dataFamily.start, dataFamily.end)) {
      for (const [key, value] of slice) {
        const place = parseDataKey(key);
        if (place === undefined) throw new Error(`the state holds a key that is not a revision: ${Buffer.from(key).toString('hex')}`);
        this.mvcc.restoreValue(decodeKeyValue(value), place.revision, place.tombstone, key.length + value.length);
      }
    }
    const counter = (name: string): number | undefined => {
      const bytes = space.get(metaKey(name));
      return bytes === undefined ? undefined : readCounter(bytes);
    };
    this.mvcc.restoreRevisions(counter('revision') ?? 0, counter('compacted') ?? -1);
  }
}

import type { KeyValueSpace, SpaceSnapshot, SpaceWrite } from '@rhythm/disk';
import {
  counterWrite,
  dataFamily,
  decodeKeyValue,
  keyText,
  leaseFamily,
  metaKey,
  Mvcc,
  parseDataKey,
  parseLeaseKey,
  readCounter,
  type Applied,
  type Command,
  type Reader,
} from '@rhythm/mvcc';
import type { LogStart, NodeId } from '@rhythm/raft';
import { ValueCache } from './value-cache.ts';

/** Keys whose garbage is collected between two turns of the event loop. */
const garbageSliceKeys = 2000;

/**
 * The applied state: the multi-version index in memory, its values in the key space. What was applied can be read at
 * once; it is written in batches that follow each other, each with the applied index it reaches.
 */
export class State implements Reader {
  readonly mvcc: Mvcc;
  readonly #space: KeyValueSpace;
  /** Written but not known to be in the key space yet. */
  readonly #overlay = new Map<string, Uint8Array | undefined>();
  readonly #cache = new ValueCache();
  #pending: SpaceWrite[] = [];
  #writing: Promise<void> | undefined;
  /** A flush waits for its turn and will take whatever is pending then. */
  #queued = false;
  #applied: LogStart;
  #durable: number;
  #voters: readonly NodeId[] | undefined;
  #failed: Error | undefined;
  /** The compacted revision whose garbage is gone from the key space. */
  #collected = -1;
  readonly #reads = new Set<Promise<unknown>>();

  private constructor(mvcc: Mvcc, space: KeyValueSpace, applied: LogStart) {
    this.mvcc = mvcc;
    this.#space = space;
    this.#applied = applied;
    this.#durable = applied.index;
  }

  /** Rebuilds the index from the key space. */
  static async load(space: KeyValueSpace): Promise<State> {
    const mvcc = new Mvcc();
    for await (const slice of space.entries(leaseFamily.start, leaseFamily.end)) {
      for (const [key, value] of slice) mvcc.leases.restore(parseLeaseKey(key), BigInt(readCounter(value)));
    }
    for await (const slice of space.entries(dataFamily.start, dataFamily.end)) {
      for (const [key, value] of slice) {
        const place = parseDataKey(key);
        if (place === undefined) throw new Error(`the state holds a key that is not a revision: ${Buffer.from(key).toString('hex')}`);
        mvcc.restoreValue(decodeKeyValue(value), place.revision, place.tombstone);
      }
    }
    const counter = (name: string): number | undefined => {
      const bytes = space.get(metaKey(name));
      return bytes === undefined ? undefined : readCounter(bytes);
    };
    mvcc.restoreRevisions(counter('revision') ?? 0, counter('compacted') ?? -1);
    const applied = space.get(metaKey('applied'));
    const state = new State(mvcc, space, applied === undefined ? { index: 0, term: 0 } : { index: readCounter(applied), term: readCounter(applied.subarray(8)) });
    state.#voters = parseMembers(space.get(metaKey('members')));
    if (mvcc.compactRevision > 0) await state.collectGarbage();
    return state;
  }

  /** The members as of the applied index; undefined in a new group. */
  get voters(): readonly NodeId[] | undefined {
    return this.#voters;
  }

  /** Stored with the next batch, as everything else that was applied. */
  setVoters(voters: readonly NodeId[]): void {
    this.#voters = voters;
    this.#write({ key: metaKey('members'), value: Buffer.from(JSON.stringify({ voters: voters.map((id) => id.toString(16)) })) });
  }

  get applied(): LogStart {
    return this.#applied;
  }

  /** The applied index that a power cut leaves. */
  get durable(): number {
    return this.#durable;
  }

  /** Bytes that wait to be written. */
  get backlog(): number {
    return this.#pending.length;
  }

  get(diskKey: Uint8Array): Uint8Array | undefined {
    const key = keyText(diskKey);
    const known = this.#cache.get(key) ?? this.#overlay.get(key);
    if (known !== undefined || this.#overlay.has(key)) return known;
    const stored = this.#space.get(diskKey);
    if (stored !== undefined) this.#cache.set(key, stored);
    return stored;
  }

  /** A value that must be there. */
  required(diskKey: Uint8Array): Uint8Array {
    const bytes = this.get(diskKey);
    if (bytes === undefined) throw new Error(`a value of the state is missing: ${Buffer.from(diskKey).toString('hex')}`);
    return bytes;
  }

  apply(command: Command | undefined, at: LogStart): Applied | undefined {
    const applied = command === undefined ? undefined : this.mvcc.apply(command, this);
    for (const write of applied?.writes ?? []) this.#write(write);
    this.#applied = at;
    return applied;
  }

  /** Starts writing what was applied, unless a flush that will do so is waiting already. Rejects when the disk refuses. */
  async flushSoon(): Promise<void> {
    if (this.#queued) return;
    this.#queued = true;
    await this.flush();
  }

  /** Sees to it that everything applied so far is written; resolves when it is. Rejects when the disk refuses. */
  async flush(sync = false): Promise<void> {
    for (;;) {
      if (this.#failed !== undefined) throw new Error('the state cannot be written', { cause: this.#failed });
      if (this.#writing === undefined) break;
      await this.#writing;
    }
    this.#queued = false;
    const { index, term } = this.#applied;
    const writes = this.#pending;
    if (writes.length === 0 && !sync) return;
    this.#pending = [];
    const appliedWrite = counterWrite('applied', index);
    const value = Buffer.concat([appliedWrite.value ?? new Uint8Array(0), counterWrite('', term).value ?? new Uint8Array(0)]);
    const batch = [...writes, { key: appliedWrite.key, value }, counterWrite('revision', this.mvcc.revision)];
    this.#writing = this.#space.batch(batch, sync).then(
      () => {
        for (const write of writes) {
          const key = keyText(write.key);
          // Written again meanwhile: the later value stays.
          if (this.#overlay.get(key) === write.value) this.#overlay.delete(key);
        }
        if (sync) this.#durable = index;
      },
      (error: Error) => {
        this.#failed = error;
      },
    );
    await this.#writing;
    this.#writing = undefined;
    if (this.#failed !== undefined) throw new Error('the state cannot be written', { cause: this.#failed });
  }

  /** Keeps what `read` may need from being collected while it is under way. */
  async reading<T>(read: () => Promise<T>): Promise<T> {
    const promise = read();
    this.#reads.add(promise);
    try {
      return await promise;
    } finally {
      this.#reads.delete(promise);
    }
  }

  /** Gives back the space of what a compaction made invisible; reads that began before it finish first. */
  async collectGarbage(): Promise<void> {
    const { compactRevision } = this.mvcc;
    await Promise.allSettled(this.#reads);
    for (const removals of this.mvcc.collectGarbage(garbageSliceKeys)) {
      for (const removal of removals) this.#write(removal);
      await this.flush();
    }
    this.#collected = Math.max(this.#collected, compactRevision);
  }

  /** All stored revisions, in slices, as `[disk key, value]`. */
  async *revisions(): AsyncGenerator<Array<[Uint8Array, Uint8Array]>> {
    await this.flush();
    yield* this.#space.entries(dataFamily.start, dataFamily.end);
  }

  /** Everything applied so far, unchanged by what comes after it. */
  async snapshot(): Promise<{ readonly space: SpaceSnapshot; readonly isCompacted: boolean }> {
    await this.flush();
    return { space: this.#space.snapshot(), isCompacted: this.#collected >= this.mvcc.compactRevision };
  }

  size(): Promise<number> {
    return this.#space.size();
  }

  async close(): Promise<void> {
    if (this.#failed === undefined) await this.flush(true);
    await this.#space.close();
  }

  #write(write: SpaceWrite): void {
    const key = keyText(write.key);
    this.#pending.push(write);
    this.#overlay.set(key, write.value);
    // A place on disk is written once and then at most removed.
    if (write.value === undefined) this.#cache.delete(key);
    else if (parseDataKey(write.key) !== undefined) this.#cache.set(key, write.value);
  }
}

function parseMembers(bytes: Uint8Array | undefined): readonly NodeId[] | undefined {
  if (bytes === undefined) return undefined;
  const { voters } = JSON.parse(Buffer.from(bytes).toString()) as { readonly voters: readonly string[] };
  return voters.map((id) => BigInt(`0x${id}`));
}

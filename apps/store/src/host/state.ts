import { assert } from '@rhythm/base';
import type { KeyValueSpace, SpaceSnapshot, SpaceWrite } from '@rhythm/disk';
import { counterWrite, dataFamily, dataKey, keyText, metaKey, parseDataKey, type Mvcc, type Reader, type Revision } from '@rhythm/mvcc';
import { decodeChange, type LogStart, type Membership, type NodeId } from '@rhythm/raft';
import type { TokenKeeper } from '../auth/machine.ts';
import { ReplicatedAuth } from '../auth/replicated.ts';
import { AlarmMachine } from '../alarms/machine.ts';
import { MembersMachine } from '../members/machine.ts';
import type { MemberRecord } from '../members/records.ts';
import { decodeCommand, type Proposal } from './command.ts';
import { KvMachine } from './kv-machine.ts';
import type { ApplyContext, CommandKind, Machine, Outcome, StoreCommand } from './machine.ts';
import { encodePlace, installedKey, readPlace } from './log-place.ts';
import type { HostPlant } from './plants.ts';
import { Reclaimer } from './reclaimer.ts';
import { placeOf, ValueCache, type ValuePlace } from './value-cache.ts';

/** Keys whose garbage is collected between two turns of the event loop. */
const garbageSliceKeys = 2000;

export const wholeSpace = { start: new Uint8Array(0), end: Uint8Array.of(0xff) };

/**
 * The applied state: its parts (`Machine`) in memory, the values of keys in the key space. What was applied can be read at
 * once; it is written in batches that follow each other, each with the applied index it reaches.
 */
export class State implements Reader {
  readonly mvcc: Mvcc;
  readonly members = new MembersMachine();
  readonly auth: ReplicatedAuth;
  readonly alarms = new AlarmMachine();
  readonly #machines: readonly Machine[];
  readonly #byCommand = new Map<CommandKind, Machine>();
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
  #failed: Error | undefined;
  /** The compacted revision whose garbage is gone from the key space. */
  #collected = -1;
  #isRetired = false;
  /** A planted mistake. */
  readonly #keepsAppliedApart: boolean;
  readonly #reclaimer: Reclaimer;
  readonly #reads = new Set<Promise<unknown>>();

  private constructor(space: KeyValueSpace, tokens: TokenKeeper | undefined, keepsAppliedApart: boolean) {
    this.#keepsAppliedApart = keepsAppliedApart;
    const kv = new KvMachine();
    this.mvcc = kv.mvcc;
    this.auth = new ReplicatedAuth(kv.mvcc.leases, tokens);
    // Whether somebody may ask for something comes before whether it can be done.
    this.#machines = [this.alarms, this.auth, kv, this.members];
    for (const machine of this.#machines) for (const command of machine.commands) this.#byCommand.set(command, machine);
    this.#space = space;
    this.#reclaimer = new Reclaimer(space);
    this.#applied = readPlace(space.get(metaKey('applied'))) ?? { index: 0, term: 0 };
    this.#durable = this.#applied.index;
  }

  /** Rebuilds what is kept in memory from the key space. */
  static async load(space: KeyValueSpace, tokens?: TokenKeeper, plant?: HostPlant): Promise<State> {
    const state = new State(space, tokens, plant === 'applied-index-apart');
    for (const machine of state.#machines) await machine.restore(space);
    if (state.mvcc.compactRevision > 0) await state.collectGarbage();
    return state;
  }

  /** The members as of the applied index; undefined in a member that waits to be sent the state. */
  get membership(): Membership | undefined {
    return this.members.membership;
  }

  /** Makes a new group, or begins one anew. Stored with the next batch, as everything else that was applied. */
  found(clusterId: bigint, members: readonly MemberRecord[], removed: readonly NodeId[] = []): void {
    for (const write of this.members.found(clusterId, members, removed)) this.#write(write);
  }

  /** Where this state was when it came from a leader, as long as the log may not have begun behind it: it is void then. */
  get installed(): LogStart | undefined {
    return readPlace(this.#space.get(installedKey));
  }

  /**
   * The log has begun anew behind this state: that it was sent here does not matter any more. Written before the log is cut the next time, when the
   * record with which it began goes.
   */
  forgetInstalled(): void {
    if (this.installed !== undefined) this.#write({ key: installedKey });
  }

  get applied(): LogStart {
    return this.#applied;
  }

  /** The applied index that a power cut leaves. */
  get durable(): number {
    return this.#durable;
  }

  /** Changes that wait to be written. */
  get backlog(): number {
    return this.#pending.length;
  }

  get(diskKey: Uint8Array): Uint8Array | undefined {
    const parsed = parseDataKey(diskKey);
    const place = parsed === undefined ? undefined : placeOf(parsed.revision);
    const cached = place === undefined ? undefined : this.#cache.get(place);
    return cached ?? this.#read(diskKey, place);
  }

  /** A value that must be there. */
  required(diskKey: Uint8Array): Uint8Array {
    const bytes = this.get(diskKey);
    if (bytes === undefined) throw new Error(`a value of the state is missing: ${Buffer.from(diskKey).toString('hex')}`);
    return bytes;
  }

  /** The value that was put at this revision, which must be there. */
  value(revision: Revision): Uint8Array {
    return this.#cache.get(placeOf(revision)) ?? this.required(dataKey(revision));
  }

  /** Applies an entry; undefined: one without a command. */
  apply(proposal: Proposal | undefined, at: LogStart): Outcome | undefined {
    const outcome = proposal === undefined ? undefined : this.#dispatch(proposal.command, { reader: this, at, revision: this.mvcc.revision, caller: proposal.caller });
    return this.#take(outcome, at);
  }

  /** Applies an entry that changed the membership to this. */
  applyMembership(data: Uint8Array, membership: Membership, at: LogStart): Outcome {
    const { context } = decodeChange(data);
    const outcome = this.members.applyMembership(context.length === 0 ? undefined : decodeCommand(context).command, membership, this.mvcc.revision);
    this.#take(outcome, at);
    return outcome;
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
      if (this.#isRetired) return;
      if (this.#failed !== undefined) throw new Error('the state cannot be written', { cause: this.#failed });
      if (this.#writing === undefined) break;
      await this.#writing;
    }
    this.#queued = false;
    const { index, term } = this.#applied;
    const writes = this.#pending;
    if (writes.length === 0 && !sync) return;
    this.#pending = [];
    const batch = [...writes, { key: metaKey('applied'), value: encodePlace({ index, term }) }, counterWrite('revision', this.mvcc.revision)];
    const own = this.#keepsAppliedApart ? batch.splice(writes.length) : [];
    const written = own.length === 0 ? this.#space.batch(batch, sync) : this.#space.batch(batch, false).then(() => this.#space.batch(own, sync));
    this.#writing = written.then(
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
    const before = this.mvcc.bytes;
    for (const removals of this.mvcc.collectGarbage(garbageSliceKeys)) {
      if (this.#isRetired) return;
      for (const removal of removals) this.#write(removal);
      await this.flush();
    }
    this.#collected = Math.max(this.#collected, compactRevision);
    // What was added meanwhile is taken for kept: less is given back at once, never too much.
    if (this.#reclaimer.removed(Math.max(0, before - this.mvcc.bytes))) void this.reclaim().catch(() => undefined);
  }

  /** Makes the key space give back the room of what was removed; reads and writes go on meanwhile. One at a time. */
  async reclaim(): Promise<void> {
    await this.flush();
    await this.#reclaimer.run(this.mvcc.revision);
  }

  /** All stored revisions, in slices, as `[disk key, value]`. */
  async *revisions(): AsyncGenerator<Array<[Uint8Array, Uint8Array]>> {
    await this.flush();
    yield* this.#space.entries(dataFamily.start, dataFamily.end);
  }

  /** Everything applied so far, unchanged by what comes after it. */
  async snapshot(): Promise<{ readonly space: SpaceSnapshot; readonly isCompacted: boolean }> {
    // Also when nothing but empty entries came: the place it stands at is in it.
    await this.flush(true);
    return { space: this.#space.snapshot(), isCompacted: this.#collected >= this.mvcc.compactRevision };
  }

  size(): Promise<number> {
    return this.#space.size();
  }

  /** Another state takes its place: nothing is written any more, and it is closed once all reads have ended. */
  async retire(): Promise<void> {
    this.#isRetired = true;
    await this.#reclaimer.stop();
    this.#pending = [];
    await this.#writing;
    await Promise.allSettled(this.#reads);
    await this.#space.close();
  }

  async close(): Promise<void> {
    await this.#reclaimer.stop();
    if (this.#failed === undefined) await this.flush(true);
    await this.#space.close();
  }

  #dispatch(command: StoreCommand, context: ApplyContext): Outcome {
    for (const machine of this.#machines) {
      const refusal = machine.refuses?.(command, context);
      if (refusal !== undefined) return { reply: refusal, writes: [] };
    }
    const machine = this.#byCommand.get(command.$case);
    assert(machine !== undefined, `some part of the state takes a ${command.$case}`);
    return machine.apply(command, context);
  }

  #take(outcome: Outcome | undefined, at: LogStart): Outcome | undefined {
    for (const write of outcome?.writes ?? []) this.#write(write);
    this.#applied = at;
    return outcome;
  }

  #read(diskKey: Uint8Array, place: ValuePlace | undefined): Uint8Array | undefined {
    const key = keyText(diskKey);
    const known = this.#overlay.get(key);
    if (known !== undefined || this.#overlay.has(key)) return known;
    const stored = this.#space.get(diskKey);
    if (stored !== undefined && place !== undefined) this.#cache.set(place, stored);
    return stored;
  }

  #write(write: SpaceWrite): void {
    const key = keyText(write.key);
    this.#pending.push(write);
    this.#overlay.set(key, write.value);
    const parsed = parseDataKey(write.key);
    if (parsed === undefined) return;
    // A place in history is written once and then at most removed.
    if (write.value === undefined) this.#cache.delete(placeOf(parsed.revision));
    else this.#cache.set(placeOf(parsed.revision), write.value);
  }
}

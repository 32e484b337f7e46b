import { randomInt } from '@rhythm/base';
import { GrpcError, status } from '@rhythm/grpc';
import { RangeResponse } from '@rhythm/proto/etcd';
import { emptyModel, linearize, modelOperation, nameOfModel, Violation, write, type ModelState, type ModelWrite, type World } from '@rhythm/simulator';
import type { History } from './history.ts';
import type { Leases } from './leases.ts';
import type { Life, Member } from './member.ts';
import { after, bytes, describe, found, isSame, keys, putOf, rangeOf, toldOf, txnOf, type Swap, type ToldValue } from './operations.ts';

const timeoutMs = 2500;
const thinkMs = 90;

/** What a client did, as far as the search for an order needs it. */
interface Recorded {
  readonly start: number;
  end: number;
  readonly text: string;
  readonly apply: (state: ModelState) => { readonly after: ModelState; readonly fits: boolean };
  /** Its own revision, where it made one. */
  revision: number | undefined;
  /** A value that only it writes. */
  readonly mark: string | undefined;
}

type Answered = { readonly revision: number; /** It made that revision. */ readonly wrote: boolean; readonly fits: (before: ModelState, after: ModelState) => boolean };

/** Clients that use the key-value service of random members, and remember what they asked and were told. */
export class Clients {
  acknowledged = 0;
  readonly #world: World;
  readonly #history: History;
  readonly #leases: Leases;
  readonly #members: () => readonly Member[];
  readonly #recorded: Recorded[] = [];
  #nextValue = 1;
  #isOver = false;

  constructor(world: World, history: History, leases: Leases, members: () => readonly Member[], count: number) {
    this.#world = world;
    this.#history = history;
    this.#leases = leases;
    this.#members = members;
    for (let client = 0; client < count; client++) world.after(1500 + client * 20, () => this.#act());
  }

  stop(): void {
    this.#isOver = true;
  }

  /** Throws a Violation when the answers have no order that explains them. */
  check(): void {
    const operations = this.#operations();
    const { isLinearizable, longest, state } = linearize(operations, emptyModel, nameOfModel);
    if (isLinearizable === undefined) this.#world.count('undecided');
    if (isLinearizable !== false) return;
    const done = new Set(longest);
    const rest = operations.filter((operation) => !done.has(operation)).sort((a, b) => a.start - b.start).slice(0, 12);
    throw new Violation(`the operations are not linearizable. After ${longest.length} of ${operations.length}, in the state\n  ${nameOfModel(state)}\nnone of these fits:\n${rest.map(({ start, end, text }) => `  ${start.toFixed(1)}-${end.toFixed(1)} ${text}`).join('\n')}`);
  }

  /** What was answered, what was not and has happened nevertheless, and what the store did by itself. */
  #operations() {
    const { truth } = this.#history;
    const byMark = new Map<string, number>();
    for (let revision = 2; revision <= truth.last; revision++) for (const { value } of truth.at(revision) ?? []) if (value !== undefined) byMark.set(value, revision);
    const explained = new Set<number>();
    const operations = this.#recorded.flatMap((each) => {
      const revision = each.revision ?? (each.end === Infinity && each.mark !== undefined ? byMark.get(each.mark) : undefined);
      if (revision !== undefined) explained.add(revision);
      // What nobody answered and nobody applied has not happened. What only deletes is among the unexplained revisions, if it did.
      if (each.end === Infinity && revision === undefined) return [];
      return [modelOperation(each.start, each.end, each.text, each.apply, revision)];
    });
    for (let revision = 2; revision <= truth.last; revision++) {
      if (explained.has(revision)) continue;
      const changes = truth.at(revision) ?? [];
      if (changes.some(({ value }) => value !== undefined)) throw new Violation(`nobody asked for revision ${revision}: ${JSON.stringify(changes)}`);
      const deletions = changes.map(({ key }): ModelWrite => ({ key }));
      operations.push(modelOperation(0, Infinity, `deletions of ${changes.map(({ key }) => key).join(' ')}`, (state) => ({ after: write(state, deletions), fits: true }), revision));
    }
    return operations;
  }

  #act(): void {
    if (this.#isOver) return;
    const world = this.#world;
    const members = this.#members();
    const life = world.pick(members).life;
    const next = (): void => world.after(thinkMs * (0.5 + world.random.next()), () => this.#act());
    if (life?.hub === undefined) {
      next();
      return;
    }
    let isOpen = true;
    const close = (): boolean => isOpen && !(isOpen = false);
    // Nobody waits for ever: whoever gets no answer goes on.
    world.after(timeoutMs, () => {
      if (!close()) return;
      world.count('timeouts');
      next();
    });
    life.process.reach(() => {
      this.#ask(life).then(
        (isDone) => {
          if (!close()) return;
          if (isDone) this.acknowledged++;
          next();
        },
        (error: unknown) => {
          if (!(error instanceof GrpcError)) world.fail(error as Error);
          else world.count(error.code === status.UNAVAILABLE ? 'unavailable' : 'refused');
          if (close()) next();
        },
      );
    });
  }

  /** One request; true when it was answered. */
  #ask(life: Life): Promise<boolean> {
    const world = this.#world;
    const dice = world.random.next();
    const key = world.pick(keys);
    if (dice < 0.24) return this.#get(life, key, world.chance(0.4) ? 'g' : undefined);
    if (dice < 0.3) return this.#getSerializable(life, key);
    if (dice < 0.34) return this.#getPast(life);
    if (dice < 0.6) return this.#put(life, key);
    if (dice < 0.7) return this.#delete(life, key);
    if (dice < 0.84) return this.#swap(life, key);
    if (dice < 0.865) return this.#compact(life);
    return this.#leases.act(life);
  }

  /** Runs a request, with what it does to the store, and what its answer says of it. */
  async #record(text: string, mark: string | undefined, change: (state: ModelState) => ModelState, request: () => Promise<Answered>): Promise<boolean> {
    const { now } = this.#world;
    const recorded: Recorded & { apply: Recorded['apply']; text: string } = { start: now, end: Infinity, text, revision: undefined, mark, apply: (state) => ({ after: change(state), fits: true }) };
    this.#recorded.push(recorded);
    try {
      const { revision, wrote, fits } = await request();
      if (wrote) recorded.revision = revision;
      recorded.end = this.#world.now;
      recorded.text = `${text}, told revision ${revision}`;
      recorded.apply = (state) => {
        const next = change(state);
        return { after: next, fits: next.revision === revision && fits(state, next) };
      };
      return true;
    } catch (error) {
      if (error instanceof GrpcError && error.code !== status.UNAVAILABLE) this.#recorded.splice(this.#recorded.indexOf(recorded), 1);
      throw error;
    }
  }

  #get({ kv }: Life, key: string, end: string | undefined): Promise<boolean> {
    const said = { text: '' };
    return this.#record(`get ${key} ${end ?? ''}${said.text}`, undefined, (state) => state, async () => {
      const { header, kvs } = RangeResponse.decode(await kv.range(rangeOf(key, end), undefined));
      const told = kvs.map(toldOf);
      return { revision: Number(header?.revision), wrote: false, fits: (state) => isSame(told, found(state, key, end)) };
    });
  }

  /** As old as it may be, what it says was true at its revision. */
  async #getSerializable(life: Life, key: string): Promise<boolean> {
    const { header, kvs } = RangeResponse.decode(await life.kv.range({ ...rangeOf(key, 'g'), serializable: true }, undefined));
    this.#was(Number(header?.revision), kvs.map(toldOf), key, 'a serializable read');
    return true;
  }

  async #getPast({ kv, host }: Life): Promise<boolean> {
    const { mvcc } = host.state;
    const revision = Math.max(2, mvcc.revision - randomInt(this.#world.random, 12));
    const { kvs } = RangeResponse.decode(await kv.range(rangeOf('a', 'g', revision), undefined));
    this.#was(revision, kvs.map(toldOf), 'a', 'a read of the past');
    return true;
  }

  #was(revision: number, told: readonly ToldValue[], key: string, what: string): void {
    const state = this.#history.modelAt(revision);
    if (state === undefined) throw new Violation(`${what} was of revision ${revision}, which nobody has applied`);
    const expected = found(state, key, 'g');
    if (!isSame(told, expected)) this.#world.fail(new Violation(`${what} at revision ${revision} gave ${told.map(describe).join(' ')}, not ${expected.map(describe).join(' ')}`));
  }

  #put({ kv }: Life, key: string): Promise<boolean> {
    const value = `v${this.#nextValue++}`;
    const lease = this.#world.chance(0.3) ? this.#leases.any() : 0n;
    const wantsPrevious = this.#world.chance(0.3);
    return this.#record(`put ${key} ${value}`, value, (state) => write(state, [{ key, put: value, lease }]), async () => {
      const { header, prevKv } = await kv.put(putOf(key, value, lease, wantsPrevious), undefined);
      const before = prevKv === undefined ? [] : [toldOf(prevKv)];
      return { revision: Number(header?.revision), wrote: true, fits: (state) => !wantsPrevious || isSame(before, found(state, key, undefined)) };
    });
  }

  #delete({ kv }: Life, key: string): Promise<boolean> {
    const end = this.#world.chance(0.2) ? after(after(key)) : undefined;
    return this.#record(`delete ${key} ${end ?? ''}`, undefined, (state) => write(state, [end === undefined ? { key } : { key, end }]), async () => {
      const { header, deleted, prevKvs } = await kv.deleteRange({ key: bytes(key), rangeEnd: bytes(end ?? ''), prevKv: true }, undefined);
      const told = prevKvs.map(toldOf);
      return { revision: Number(header?.revision), wrote: deleted > 0n, fits: (state) => Number(deleted) === told.length && isSame(told, found(state, key, end)) };
    });
  }

  /** A compare-and-set of several keys, on what the member holds at the moment. */
  #swap({ kv, host }: Life, key: string): Promise<boolean> {
    const world = this.#world;
    const value = `t${this.#nextValue++}`;
    const [item] = host.state.mvcc.range(rangeOf(key)).items;
    const other = world.pick(keys.filter((each) => each !== key));
    const success: ModelWrite[] = [{ key, put: value }, ...(world.chance(0.4) ? [{ key: other }] : [])];
    const failure: ModelWrite[] = world.chance(0.3) ? [{ key: other, put: value }] : [];
    const swap: Swap = { key, expected: item?.revision.main ?? 0, success, failure };
    const holds = (state: ModelState): boolean => (state.keys.get(key)?.mod ?? 0) === swap.expected;
    return this.#record(`swap ${key}@${swap.expected} ${value}`, value, (state) => write(state, holds(state) ? success : failure), async () => {
      const { header, succeeded } = await kv.txn(txnOf(swap), undefined);
      return { revision: Number(header?.revision), wrote: succeeded || failure.length > 0, fits: (state) => succeeded === holds(state) };
    });
  }

  async #compact({ kv, host }: Life): Promise<boolean> {
    const { truth } = this.#history;
    const revision = Math.max(1, host.state.mvcc.revision - randomInt(this.#world.random, 6));
    // Others may see it before the answer comes.
    const asked = truth.compactionAsked;
    truth.compactionAsked = Math.max(asked, revision);
    await kv.compact({ revision: BigInt(revision), physical: this.#world.chance(0.3) }, undefined);
    this.#world.count('compactions');
    return true;
  }
}

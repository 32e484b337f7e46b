import type { WatchResponse } from '@rhythm/proto/etcd';
import { randomInt } from '@rhythm/base';
import { WatchGuarantees, type WatchedChange, type World } from '@rhythm/simulator';
import type { History } from './history.ts';
import type { Life, Member } from './member.ts';
import { bytes, keys } from './operations.ts';
import { changeOf } from './stage.ts';

interface Watch {
  readonly name: string;
  readonly guarantees: WatchGuarantees;
  readonly request: { readonly key: Uint8Array; readonly rangeEnd: Uint8Array; readonly prevKv: boolean; readonly fragment: boolean; readonly filters: ReadonlyArray<0 | 1> };
}

/** A client's stream of watches at one member. When it breaks, all of them go on elsewhere. */
export class Watches {
  readonly #world: World;
  readonly #history: History;
  readonly #members: () => readonly Member[];
  readonly #watches: readonly Watch[];
  #life: Life | undefined;
  #connection = 0;

  constructor(world: World, history: History, members: () => readonly Member[], name: string) {
    this.#world = world;
    this.#history = history;
    this.#members = members;
    this.#watches = Array.from({ length: 3 }, (_, at) => this.#watch(`${name}.${at}`));
  }

  /** Moves to another member when the present one is gone, and now and then anyhow. */
  move(isLast = false): void {
    const world = this.#world;
    const members = this.#members();
    const stays = members.some(({ life }) => life === this.#life);
    if (this.#life !== undefined && stays && !world.chance(isLast ? 0 : 0.08)) {
      // Otherwise silence would say nothing.
      if (world.chance(0.3)) this.#life.process.reach(() => this.#askProgress());
      return;
    }
    const ups = members.flatMap(({ life }) => (life?.hub === undefined || life.process.isPaused ? [] : [life]));
    if (ups.length > 0) this.#connect(world.pick(ups));
  }

  /** Revisions that are still to come to some watch. */
  get missing(): number {
    return Math.max(0, ...this.#watches.map(({ guarantees }) => this.#history.truth.last - guarantees.reached));
  }

  #stream: ReturnType<Life['hub']['open']> | undefined;

  #askProgress(): void {
    this.#stream?.take({ requestUnion: { $case: 'progressRequest', value: {} } });
  }

  #connect(life: Life): void {
    const world = this.#world;
    const connection = ++this.#connection;
    this.#stream?.close();
    this.#life = life;
    const stream = life.hub.open(world.chance(0.3));
    this.#stream = stream;
    world.count('watches resumed');
    for (const [at, watch] of this.#watches.entries()) {
      watch.guarantees.resumed();
      stream.take({ requestUnion: { $case: 'createRequest', value: { ...watch.request, filters: [...watch.request.filters], startRevision: BigInt(watch.guarantees.reached + 1), progressNotify: at === 0, watchId: BigInt(at + 1) } } });
    }
    this.#read(life, connection, stream).catch((error: unknown) => world.fail(error as Error));
  }

  async #read(life: Life, connection: number, stream: ReturnType<Life['hub']['open']>): Promise<void> {
    // Those whose beginning the member has confirmed: its notices are about them.
    const byId = new Map<bigint, Watch>();
    for await (const response of stream.responses()) {
      if (connection !== this.#connection) return;
      this.#take(response, byId);
      // A slow reader: what it does not take piles up at the member.
      if (this.#world.chance(0.1)) await life.process.after(this.#world.random.next() * 200);
      if (connection !== this.#connection) return;
    }
    if (connection === this.#connection) this.#life = undefined;
  }

  #take({ watchId, canceled, compactRevision, events, fragment, created, header }: WatchResponse, byId: Map<bigint, Watch>): void {
    const revision = Number(header?.revision);
    const watch = byId.get(watchId);
    const begun = created ? this.#watches[Number(watchId) - 1] : undefined;
    if (begun !== undefined) byId.set(watchId, begun);
    if (canceled) {
      this.#world.count('watches compacted');
      watch?.guarantees.compacted(Number(compactRevision));
      byId.delete(watchId);
      // It is begun anew where the stream is: at the next move.
      this.#life = undefined;
      return;
    }
    if (created) return;
    if (events.length > 0) {
      this.#world.count('watch events', events.length);
      if (fragment) this.#world.count('fragments');
      watch?.guarantees.events(events.map(changeOf), fragment);
      return;
    }
    this.#world.count('progress notices');
    for (const each of watchId === -1n ? byId.values() : watch === undefined ? [] : [watch]) each.guarantees.progress(revision);
  }

  #watch(name: string): Watch {
    const world = this.#world;
    const [from, end] = [randomInt(world.random, 3), 3 + randomInt(world.random, 4)];
    const [start, stop] = [keys[from] as string, keys[end] ?? 'z'];
    const previous = world.chance(0.5);
    const filters = world.chance(0.2) ? [world.pick([0, 1] as const)] : [];
    const wants = ({ key, value }: WatchedChange): boolean => key >= start && key < stop && !filters.includes(value === undefined ? 1 : 0);
    const guarantees = new WatchGuarantees(this.#history.truth, { name, start: 2 + randomInt(world.random, 20), wants, previous });
    return { name, guarantees, request: { key: bytes(start), rangeEnd: bytes(stop), prevKv: previous, fragment: world.chance(0.5), filters } };
  }
}

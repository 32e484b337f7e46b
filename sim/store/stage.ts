import type { WatchCreateRequest, WatchResponse } from '@rhythm/proto/etcd';
import type { Event } from '@rhythm/proto/etcd/kv';
import { Network, World, WatchGuarantees, type WatchedChange } from '@rhythm/simulator';
import { History } from './history.ts';
import { Member, recordOf, type Life, type Surroundings } from './member.ts';
import { bytes } from './operations.ts';
import { Wires, type Packet } from './transport.ts';

const noFaults = { drop: 0, duplicate: 0, slow: 0, slowMs: 0 };

/** What a watch was sent. */
export interface Seen {
  readonly responses: WatchResponse[];
  readonly events: WatchedChange[];
  /** Holds back what is sent next, as a slow reader does. */
  isSlow: boolean;
}

/** A group without accidents, for scenes in which everything that goes wrong is in the script. */
export class Stage {
  readonly world = new World(7);
  readonly history = new History(this.world);
  readonly members: Member[] = [];
  readonly network: Network<Packet>;

  constructor(size: number) {
    this.network = new Network<Packet>(this.world, noFaults, (to, packet) => wires.deliver(to, packet));
    const wires = new Wires(this.world, this.network);
    const founders = Array.from({ length: size }, (_, at) => recordOf(BigInt(at + 1)));
    const around: Surroundings = { world: this.world, wires, founders, plant: undefined, started: (member, { host }) => this.history.listen(`member ${member.id}`, host), leads: () => undefined };
    for (const { id } of founders) {
      const member = new Member(id, around);
      this.members.push(member);
      member.calm();
    }
  }

  async run(ms: number): Promise<void> {
    await this.world.runSettling(this.world.now + ms);
  }

  async until(done: () => boolean): Promise<void> {
    for (let n = 0; n < 3000 && !done(); n++) await this.run(10);
    if (!done()) throw new Error('it did not happen within 30 s');
  }

  /** The outcome of something that needs time to pass. */
  async outcome<T>(promise: Promise<T>): Promise<T> {
    let isOver = false;
    const over = (): void => void (isOver = true);
    promise.then(over, over);
    await this.until(() => isOver);
    return promise;
  }

  async leader(): Promise<Member & { life: Life }> {
    const find = (): Member | undefined => this.members.find(({ life }) => life?.host.isLeader === true && life.hub !== undefined);
    await this.until(() => find() !== undefined);
    return find() as Member & { life: Life };
  }

  async follower(): Promise<Member & { life: Life }> {
    const leader = await this.leader();
    return this.members.find((member) => member !== leader && member.life?.hub !== undefined) as Member & { life: Life };
  }

  life(member: Member): Life {
    if (member.life?.hub === undefined) throw new Error(`member ${member.id} is down`);
    return member.life;
  }

  async restart(member: Member): Promise<Life> {
    member.start();
    await this.until(() => member.life?.hub !== undefined);
    return this.life(member);
  }

  isolate(member: Member): void {
    for (const { id } of this.members) {
      this.network.cut(id, member.id);
      this.network.cut(member.id, id);
    }
  }

  /** A watch of all keys on a stream of its own, checked for every guarantee. */
  watch(life: Life, start: number, more: Partial<WatchCreateRequest> = {}, count = 1): Seen {
    const seen: Seen = { responses: [], events: [], isSlow: false };
    const stream = life.hub.open(false);
    const all = Array.from({ length: count }, (_, at) => new WatchGuarantees(this.history.truth, { name: `${at}`, start, wants: () => true, previous: more.prevKv ?? false }));
    for (let at = 0; at < count; at++) {
      const request = { key: Uint8Array.of(0), rangeEnd: Uint8Array.of(0), startRevision: BigInt(start), progressNotify: false, filters: [], prevKv: false, watchId: BigInt(at + 1), fragment: false, ...more };
      stream.take({ requestUnion: { $case: 'createRequest', value: request } });
    }
    const read = async (): Promise<void> => {
      for await (const response of stream.responses()) {
        while (seen.isSlow) await life.process.after(20);
        seen.responses.push(response);
        const guarantees = all[Number(response.watchId) - 1];
        if (response.canceled || response.created) continue;
        if (response.events.length > 0) {
          const changes = response.events.map(changeOf);
          seen.events.push(...changes);
          guarantees?.events(changes, response.fragment);
        } else for (const each of guarantees === undefined ? all : [guarantees]) each.progress(Number(response.header?.revision));
      }
    };
    read().catch((error: unknown) => this.world.fail(error as Error));
    this.#streams.set(seen, stream);
    return seen;
  }

  askProgress(seen: Seen): void {
    this.#streams.get(seen)?.take({ requestUnion: { $case: 'progressRequest', value: {} } });
  }

  put(member: Member, key: string, value: string): Promise<number> {
    const put = { key: bytes(key), value: bytes(value), lease: 0n, prevKv: false, ignoreValue: false, ignoreLease: false };
    return this.outcome(this.life(member).kv.put(put, undefined).then(({ header }) => Number(header?.revision)));
  }

  delete(member: Member, key: string): Promise<number> {
    return this.outcome(this.life(member).kv.deleteRange({ key: bytes(key), rangeEnd: bytes(''), prevKv: false }, undefined).then(({ header }) => Number(header?.revision)));
  }

  async compact(member: Member, revision: number): Promise<void> {
    this.history.truth.compactionAsked = Math.max(this.history.truth.compactionAsked, revision);
    await this.outcome(this.life(member).kv.compact({ revision: BigInt(revision), physical: false }, undefined));
  }

  readonly #streams = new Map<Seen, ReturnType<Life['hub']['open']>>();
}

export function changeOf({ type, kv, prevKv }: Event): WatchedChange {
  const text = (value: Uint8Array | undefined): string | undefined => (value === undefined ? undefined : Buffer.from(value).toString());
  return { revision: Number(kv?.modRevision), key: text(kv?.key) ?? '', value: type === 1 ? undefined : text(kv?.value), previous: text(prevKv?.value) };
}

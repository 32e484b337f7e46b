import { afterEach, describe, expect, it } from 'vitest';
import { seededRandom, systemClock, type Log } from '@rhythm/base';
import { serveGrpc } from '@rhythm/grpc';
import { simpleMembership, type Message, type NodeId } from '@rhythm/raft';
import type { Receiver, SnapshotMessage } from '../host/transport.ts';
import type { MemberRecord } from '../members/records.ts';
import { GrpcTransport } from './grpc-transport.ts';
import { peersService } from './service.ts';

const closing: Array<() => Promise<void>> = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** What one member received, over real sockets. */
class Member {
  readonly messages: Message[] = [];
  readonly events: string[] = [];
  readonly states: Buffer[] = [];
  readonly said: string[] = [];
  readonly transport: GrpcTransport;
  readonly record: MemberRecord;
  readonly #changed: Array<() => void> = [];

  constructor(id: NodeId, clusterId: bigint, port: number) {
    const say = (text: string, fields?: object): void => {
      this.said.push(`${text} ${JSON.stringify(fields ?? {})}`);
      this.#wake();
    };
    const log: Log = { debug: () => undefined, info: say, warn: say, error: say, with: () => log };
    this.transport = new GrpcTransport({ id, clusterId, clock: systemClock, random: seededRandom(Number(id)), log, tls: () => undefined });
    this.record = { id, name: `m${id}`, peerUrls: [`http://127.0.0.1:${port}`], clientUrls: [] };
    closing.push(() => this.transport.stop());
  }

  static async start(id: NodeId, clusterId = 1n): Promise<Member> {
    // The port is known before the transport that is served on it.
    const late: { transport?: GrpcTransport } = {};
    const proxy = new Proxy({} as GrpcTransport, { get: (_target, name) => {
      const value: unknown = Reflect.get(late.transport as GrpcTransport, name, late.transport);
      return typeof value === 'function' ? (value as (...given: unknown[]) => unknown).bind(late.transport) : value;
    } });
    const server = await serveGrpc({ host: '127.0.0.1', port: 0, services: [peersService(proxy)] });
    closing.push(() => server.stop(0));
    const member = new Member(id, clusterId, server.port);
    late.transport = member.transport;
    return member;
  }

  join(members: readonly Member[], removed: readonly NodeId[] = []): void {
    this.transport.setPeers(members.map(({ record }) => record), removed);
    const receiver: Receiver = {
      receive: (messages) => {
        this.messages.push(...messages);
        this.#wake();
      },
      receiveState: async (_message, chunks) => {
        const parts: Uint8Array[] = [];
        for await (const chunk of chunks) parts.push(chunk);
        this.states.push(Buffer.concat(parts));
      },
      answer: async (request) => {
        if (request.kind !== 'lease-renew') throw new Error('unexpected');
        return { kind: 'lease', granted: request.id, remaining: -1n };
      },
      unreachable: (id) => this.#note(`lost ${id}`),
      connected: (id) => this.#note(`connected ${id}`),
      removed: () => this.#note('removed'),
    };
    this.transport.start(receiver);
  }

  /** Resolves once `done`; looks whenever something has happened. */
  async until(done: () => boolean): Promise<void> {
    while (!done()) await new Promise<void>((resolve) => this.#changed.push(resolve));
  }

  #note(event: string): void {
    this.events.push(event);
    this.#wake();
  }

  #wake(): void {
    for (const resolve of this.#changed.splice(0)) resolve();
  }
}

const append = (from: NodeId, to: NodeId, index: number, bytes: number): Message => ({
  type: 'append', from, to, term: 3, prevIndex: index - 1, prevTerm: 3, commit: 2, entries: [{ term: 3, index, type: index % 2 === 0 ? 'normal' : 'config', data: Buffer.alloc(bytes, index) }],
});

describe('members on a network', () => {
  it('say to each other what raft says, in order, both ways on one stream', async () => {
    const [one, two] = [await Member.start(1n), await Member.start(2n)];
    for (const member of [one, two]) member.join([one, two]);
    await one.until(() => one.events.includes('connected 2'));
    await two.until(() => two.events.includes('connected 1'));
    const sent = Array.from({ length: 50 }, (_, n) => append(1n, 2n, n + 1, n === 7 ? 1_500_000 : 100));
    one.transport.send(sent);
    const others: Message[] = [
      { type: 'vote', from: 2n, to: 1n, term: 2 ** 40, lastIndex: 5, lastTerm: 4, isTransfer: true, commit: 3, commitTerm: 2 },
      { type: 'append-reply', from: 2n, to: 1n, term: 3, index: 9, rejected: true, hintIndex: 4, hintTerm: 2, wantsState: true },
      { type: 'read-index', from: 2n, to: 1n, term: 3, context: 2 ** 50 },
      { type: 'propose', from: 2n, to: 1n, term: 3, data: [Buffer.from('x'), Buffer.alloc(0)] },
      { type: 'timeout-now', from: 2n, to: 1n, term: 3 },
      // Of somebody else: not passed on.
      { type: 'timeout-now', from: 3n, to: 1n, term: 3 },
    ];
    two.transport.send(others);
    await two.until(() => two.messages.length === 50);
    expect(two.messages).toMatchObject(sent);
    await one.until(() => one.messages.length === 5);
    expect(one.messages).toMatchObject(others.slice(0, 5));
    expect(await two.transport.ask(1n, { kind: 'lease-renew', id: -5n })).toEqual({ kind: 'lease', granted: -5n, remaining: -1n });
  });

  it('carry a state over, and say when it could not be', async () => {
    const [one, two] = [await Member.start(1n), await Member.start(2n)];
    for (const member of [one, two]) member.join([one, two]);
    const message: SnapshotMessage = { type: 'snapshot', from: 2n, to: 1n, term: 3, snapshot: { index: 7, term: 3, membership: simpleMembership([1n, 2n]) } };
    const chunks = Array.from({ length: 40 }, (_, n) => Buffer.alloc(200_000, n));
    await two.transport.sendState(message, (async function* () {
      yield* chunks;
    })());
    expect(Buffer.compare(one.states[0] as Buffer, Buffer.concat(chunks))).toBe(0);
    await expect(two.transport.sendState({ ...message, to: 9n }, (async function* () {})())).rejects.toThrow('is not known here');
  });

  it('tell a member that was removed so, whichever of them dials', async () => {
    for (const [stays, goes] of [[1n, 2n], [2n, 1n]] as const) {
      const [here, gone] = [await Member.start(stays), await Member.start(goes)];
      here.join([here], [goes]);
      gone.join([here, gone]);
      await gone.until(() => gone.events.includes('removed'));
    }
  });

  it('refuse members of another cluster, and say which', async () => {
    const [one, two] = [await Member.start(1n, 0xaan), await Member.start(2n, 0xbbn)];
    for (const member of [one, two]) member.join([one, two]);
    await one.until(() => one.said.some((text) => text.includes('cluster ID mismatch: this member belongs to bb, not to aa')));
    one.transport.send([append(1n, 2n, 1, 10)]);
    expect(one.events).toContain('lost 2');
    expect([...one.events, ...two.events].filter((event) => event.startsWith('connected'))).toEqual([]);
  });
});

import { backoffDelay, withTimeout, type Clock, type Log, type Random } from '@rhythm/base';
import { bidi, dialGrpc, GrpcError, status, unary, type ClientTls } from '@rhythm/grpc';
import { PeersClient, PeersService, type Batch, type Hello } from '@rhythm/proto/raft';
import type { Message, NodeId } from '@rhythm/raft';
import type { MemberRecord } from '../members/records.ts';
import { parseMemberUrl, targetOf } from './addresses.ts';
import { fromWire, toWire } from './codec.ts';
import { Outgoing } from './outgoing.ts';

/** Between attempts to reach a member. */
const backoff = { initialMs: 100, maxMs: 1000, factor: 2, jitter: 0.5 } as const;
/** How long the other side has to answer a greeting. */
const greetingMs = 5000;
/** A connection that is dead is noticed after the sum of these two. */
const keepalive = { keepaliveMs: 2000, keepaliveTimeoutMs: 2000 } as const;
/** Messages of peers: batches of about 1 MiB, with the largest request in one. */
const receiveBytesMax = 16 * 1024 * 1024;

/** What a member's end of the protocol refuses, by gRPC code: this member was removed. */
export const removedCode = status.PERMISSION_DENIED;

export interface PeerOptions {
  readonly hello: Hello;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly tls: () => ClientTls | undefined;
  /** The member with the lower id opens the stream; the other one asks for it. */
  readonly dials: boolean;
  received(messages: readonly Message[]): void;
  connected(): void;
  lost(): void;
  /** The other one says that we were removed. */
  removed(): void;
}

/** One other member, and the stream to it. */
export class Peer {
  readonly #options: PeerOptions;
  #record: MemberRecord;
  #attempt = 0;
  #outgoing: Outgoing | undefined;
  #connectedSince: number | undefined;
  #client: { readonly client: PeersClient; readonly tls: ClientTls | undefined; readonly url: string } | undefined;
  readonly #stop = new AbortController();
  #wake: (() => void) | undefined;
  #lastComplaint = '';

  constructor(record: MemberRecord, options: PeerOptions) {
    this.#record = record;
    this.#options = options;
    void this.#run();
  }

  get id(): NodeId {
    return this.#record.id;
  }

  get connectedSince(): number | undefined {
    return this.#connectedSince;
  }

  update(record: MemberRecord): void {
    this.#record = record;
    this.nudge();
  }

  /** Takes a message; false when there is no stream or no room. */
  send(message: Message): boolean {
    return this.#outgoing?.push(message) ?? false;
  }

  /** Tries to connect now. */
  nudge(): void {
    this.#attempt = 0;
    this.#wake?.();
  }

  /** A stream stands: gives what is to be sent on it. The one before ends. */
  attach(): Outgoing {
    this.#outgoing?.close();
    this.#outgoing = new Outgoing();
    this.#connectedSince = this.#options.clock.monotonic();
    if (this.#lastComplaint !== '') this.#options.log.info('a member can be reached again', { member: this.id.toString(16) });
    this.#lastComplaint = '';
    this.#options.connected();
    return this.#outgoing;
  }

  detach(outgoing: Outgoing): void {
    outgoing.close();
    if (this.#outgoing !== outgoing) return;
    this.#outgoing = undefined;
    this.#connectedSince = undefined;
    this.#options.lost();
    this.#wake?.();
  }

  stop(): void {
    this.#stop.abort(new Error('stopped'));
    this.#outgoing?.close();
    this.#wake?.();
    this.#client?.client.close();
  }

  /** For single calls; a new one once certificates or addresses have changed. */
  client(): PeersClient {
    const tls = this.#options.tls();
    const url = this.#url(0);
    if (this.#client?.tls !== tls || this.#client?.url !== url) {
      this.#client?.client.close();
      this.#client = { client: this.#dial(url), tls, url };
    }
    return this.#client.client;
  }

  async #run(): Promise<void> {
    const { clock, random } = this.#options;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        if (this.#options.dials) await this.#exchange();
        else if (this.#outgoing === undefined) await this.#greet();
      } catch (error) {
        this.#complain(error);
      }
      if (signal.aborted) return;
      await new Promise<void>((resolve) => {
        const delay = this.#outgoing === undefined ? backoffDelay(backoff, this.#attempt++, random) : backoff.maxMs;
        const timer = clock.setTimer(delay, resolve);
        this.#wake = () => {
          timer.cancel();
          resolve();
        };
      });
      this.#wake = undefined;
    }
  }

  /** Opens the stream and stays until it breaks. */
  async #exchange(): Promise<void> {
    const { hello, clock } = this.#options;
    const client = this.#dial(this.#url(this.#attempt));
    const greeted = withTimeout(clock, greetingMs, () => new GrpcError(status.UNAVAILABLE, 'no answer to the greeting'), this.#stop.signal);
    const call = bidi(client, PeersService.exchange, { signal: this.#stop.signal });
    greeted.signal.addEventListener('abort', () => call.cancel(), { once: true });
    let outgoing: Outgoing | undefined;
    try {
      call.write({ hello, messages: [] }).catch(() => undefined);
      for await (const batch of call.messages) {
        if (outgoing === undefined) {
          if (batch.hello === undefined) throw new GrpcError(status.INTERNAL, 'the other member did not greet');
          greeted.cancel();
          this.#attempt = 0;
          outgoing = this.attach();
          void pump(outgoing, (message) => call.write(message));
        }
        this.receive(batch);
      }
      throw new GrpcError(status.UNAVAILABLE, 'the other member closed the stream');
    } finally {
      greeted.cancel();
      call.cancel();
      if (outgoing !== undefined) this.detach(outgoing);
      client.close();
    }
  }

  /** Hands over what arrived, as far as it is from this member to us. */
  receive(batch: Batch): void {
    const messages = batch.messages.flatMap((wire) => fromWire(wire) ?? []).filter(({ from, to }) => from === this.id && to === this.#options.hello.from);
    if (messages.length > 0) this.#options.received(messages);
  }

  async #greet(): Promise<void> {
    await unary(this.client(), PeersService.greet, this.#options.hello, { deadlineMs: greetingMs, clock: this.#options.clock, signal: this.#stop.signal });
  }

  #dial(url: string): PeersClient {
    const parsed = parseMemberUrl(url);
    const tls = this.#options.tls();
    if (parsed.isTls && tls === undefined) throw new Error(`${url} needs certificates, and none were given for peers`);
    const reconnectMs = { initial: backoff.initialMs, max: backoff.maxMs };
    return dialGrpc(PeersClient, { targets: targetOf(parsed), ...keepalive, reconnectMs, receiveBytesMax, ...(parsed.isTls && tls !== undefined ? { tls } : {}) });
  }

  /** Its addresses in turn. */
  #url(attempt: number): string {
    const { peerUrls } = this.#record;
    const url = peerUrls[attempt % Math.max(1, peerUrls.length)];
    if (url === undefined) throw new Error('the member has no peer URL');
    return url;
  }

  #complain(error: unknown): void {
    if (this.#stop.signal.aborted) return;
    const text = error instanceof Error ? error.message : String(error);
    if (error instanceof GrpcError && error.code === removedCode) this.#options.removed();
    // Said once, not with every attempt.
    if (text !== this.#lastComplaint) this.#options.log.warn('a member cannot be reached', { member: this.id.toString(16), urls: this.#record.peerUrls.join(','), error: text });
    this.#lastComplaint = text;
  }
}

async function pump(outgoing: Outgoing, write: (batch: Batch) => Promise<void>): Promise<void> {
  try {
    for await (const messages of outgoing.batches()) await write({ hello: undefined, messages: messages.map(toWire) });
  } catch {
    // The stream is over; its reader knows.
    outgoing.close();
  }
}

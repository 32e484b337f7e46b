import { assert, type Clock, type Log, type Random } from '@rhythm/base';
import { bidi, GrpcError, status, unary, type ClientTls } from '@rhythm/grpc';
import { PeersService, type Hello, type Question } from '@rhythm/proto/raft';
import type { Message, NodeId } from '@rhythm/raft';
import type { PeerReply, PeerRequest, Receiver, SnapshotMessage, Transport } from '../host/transport.ts';
import type { MemberRecord } from '../members/records.ts';
import { toWire } from './codec.ts';
import { Peer, removedCode } from './peer.ts';

/** Of `rhythm.raft.v1`. */
const protocolVersion = 1;
/** How long the leader has for an answer; a change of membership may wait for a slow disk. */
const askMs = 7000;
/** A member that was removed gets what is on its way, so that it learns of its removal. */
const farewellMs = 1000;

export interface GrpcTransportOptions {
  readonly id: NodeId;
  readonly clusterId: bigint;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** The certificates for peers as they are now; undefined: plain text. */
  readonly tls: () => ClientTls | undefined;
}

/** Members of other processes and machines, over `rhythm.raft.v1`. */
export class GrpcTransport implements Transport {
  readonly #options: GrpcTransportOptions;
  readonly #peers = new Map<NodeId, Peer>();
  #members: readonly MemberRecord[] = [];
  #removed: readonly NodeId[] = [];
  #receiver: Receiver | undefined;
  #isStopped = false;

  constructor(options: GrpcTransportOptions) {
    this.#options = options;
  }

  get clusterId(): bigint {
    return this.#options.clusterId;
  }

  /** All members, this one included. */
  get members(): readonly MemberRecord[] {
    return this.#members;
  }

  start(receiver: Receiver): void {
    this.#receiver = receiver;
    for (const record of this.#members) this.#add(record);
  }

  get receiver(): Receiver {
    if (this.#receiver === undefined || this.#isStopped) throw new GrpcError(status.UNAVAILABLE, 'this member is not running');
    return this.#receiver;
  }

  setPeers(peers: readonly MemberRecord[], removed: readonly NodeId[]): void {
    this.#members = peers;
    this.#removed = removed;
    if (this.#receiver === undefined || this.#isStopped) return;
    for (const record of peers) this.#add(record);
    for (const [id, peer] of this.#peers) {
      if (peers.some((record) => record.id === id)) continue;
      this.#peers.delete(id);
      this.#options.clock.setTimer(farewellMs, () => peer.stop());
    }
  }

  send(messages: readonly Message[]): void {
    for (const message of messages) {
      const isTaken = this.#peers.get(message.to)?.send(message) ?? false;
      if (!isTaken && message.type === 'append') this.#receiver?.unreachable(message.to);
    }
  }

  async sendState(message: SnapshotMessage, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    const call = bidi(this.#peer(message.to).client(), PeersService.sendState);
    try {
      await call.write({ hello: this.#hello(message.to), message: toWire(message), data: new Uint8Array(0) });
      for await (const data of chunks) await call.write({ hello: undefined, message: undefined, data });
      call.end();
      for await (const _ of call.messages) return;
      throw new GrpcError(status.UNAVAILABLE, 'the other member did not say that it has the state');
    } finally {
      call.cancel();
    }
  }

  async ask(to: NodeId, request: PeerRequest): Promise<PeerReply> {
    const question: Question = { hello: this.#hello(to), question: questionOf(request) };
    const { answer } = await unary(this.#peer(to).client(), PeersService.ask, question, { deadlineMs: askMs, clock: this.#options.clock });
    if (answer?.$case === 'lease') return { kind: 'lease', ...answer.value };
    if (answer?.$case === 'hash') return { kind: 'hash', hash: answer.value.hash, revision: answer.value.revision, compactRevision: answer.value.compacted };
    assert(answer?.$case === 'changed', 'a member answers what it is asked');
    return { kind: 'changed', index: answer.value };
  }

  connectedSince(id: NodeId): number | undefined {
    return this.#peers.get(id)?.connectedSince;
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const peer of this.#peers.values()) peer.stop();
    this.#peers.clear();
  }

  /** The member that greets, if it may talk to us. Throws `GrpcError`, with the reason for the other side's log. */
  check(hello: Hello | undefined): Peer {
    const { id, clusterId } = this.#options;
    if (hello === undefined) throw new GrpcError(status.INVALID_ARGUMENT, 'a member greets first');
    if (hello.version !== protocolVersion) throw new GrpcError(status.FAILED_PRECONDITION, `this member speaks version ${protocolVersion} of the protocol, not ${hello.version}`);
    if (hello.clusterId !== clusterId) {
      throw new GrpcError(status.FAILED_PRECONDITION, `cluster ID mismatch: this member belongs to ${clusterId.toString(16)}, not to ${hello.clusterId.toString(16)}`);
    }
    if (hello.to !== id) throw new GrpcError(status.FAILED_PRECONDITION, `this is member ${id.toString(16)}, not ${hello.to.toString(16)}`);
    if (this.#removed.includes(hello.from)) throw new GrpcError(removedCode, `member ${hello.from.toString(16)} has been permanently removed from the cluster`);
    return this.#peer(hello.from);
  }

  hello(to: NodeId): Hello {
    return this.#hello(to);
  }

  #hello(to: NodeId): Hello {
    const { id, clusterId } = this.#options;
    return { clusterId, from: id, to, version: protocolVersion };
  }

  #peer(id: NodeId): Peer {
    const peer = this.#peers.get(id);
    // It may have been added, and this member not know yet.
    if (peer === undefined) throw new GrpcError(status.UNAVAILABLE, `member ${id.toString(16)} is not known here`);
    return peer;
  }

  #add(record: MemberRecord): void {
    const { id, tls, clock, random, log } = this.#options;
    if (record.id === id) return;
    const known = this.#peers.get(record.id);
    if (known !== undefined) {
      known.update(record);
      return;
    }
    const peer = new Peer(record, {
      hello: this.#hello(record.id),
      dials: id < record.id,
      tls,
      clock,
      random,
      log,
      received: (messages) => this.#receiver?.receive(messages),
      connected: () => this.#receiver?.connected(record.id),
      lost: () => this.#receiver?.unreachable(record.id),
      removed: () => this.#receiver?.removed(),
    });
    this.#peers.set(record.id, peer);
  }
}

function questionOf(request: PeerRequest): Question['question'] {
  switch (request.kind) {
    case 'lease-renew':
      return { $case: 'leaseRenew', value: request.id };
    case 'lease-remaining':
      return { $case: 'leaseRemaining', value: request.id };
    case 'change':
      return { $case: 'change', value: request.data };
    case 'hash':
      return { $case: 'hash', value: request.revision };
  }
}

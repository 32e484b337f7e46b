import { GrpcError, status } from '@rhythm/grpc';
import type { Message, NodeId } from '@rhythm/raft';
import type { MemberRecord } from '../members/records.ts';
import type { PeerReply, PeerRequest, Receiver, SnapshotMessage, Transport } from './transport.ts';

/** Members of one process, joined by memory; links can be cut. For tests. */
export class MemoryNetwork {
  readonly #receivers = new Map<NodeId, Receiver>();
  readonly #cut = new Set<string>();
  /** Whom each member believes to be its peers. */
  readonly peers = new Map<NodeId, readonly MemberRecord[]>();
  /** States that were carried over whole. */
  statesSent = 0;

  /** Nothing gets from or to this member any more. */
  isolate(id: NodeId): void {
    this.#cut.add(`${id}`);
  }

  isIsolated(id: NodeId): boolean {
    return this.#cut.has(`${id}`);
  }

  heal(): void {
    this.#cut.clear();
    for (const [id, receiver] of this.#receivers) for (const other of this.#receivers.keys()) if (other !== id) receiver.connected(other);
  }

  transport(id: NodeId): Transport {
    return {
      start: (receiver) => this.#receivers.set(id, receiver),
      setPeers: (peers) => this.peers.set(id, peers),
      send: (messages) => {
        for (const message of messages) queueMicrotask(() => this.#deliver(id, message));
      },
      sendState: async (message: SnapshotMessage, chunks) => {
        await this.#reach(id, message.to).receiveState(message, chunks);
        this.statesSent++;
      },
      ask: (to: NodeId, request: PeerRequest): Promise<PeerReply> => this.#reach(id, to).answer(request),
      connectedSince: (to) => (this.#isCut(id, to) || !this.#receivers.has(to) ? undefined : 0),
      stop: async () => {
        this.#receivers.delete(id);
      },
    };
  }

  #deliver(from: NodeId, message: Message): void {
    const receiver = this.#receivers.get(message.to);
    if (receiver !== undefined && !this.#isCut(from, message.to)) receiver.receive([message]);
    else this.#receivers.get(from)?.unreachable(message.to);
  }

  #reach(from: NodeId, to: NodeId): Receiver {
    const receiver = this.#receivers.get(to);
    if (receiver === undefined || this.#isCut(from, to)) throw new GrpcError(status.UNAVAILABLE, 'the member cannot be reached');
    return receiver;
  }

  #isCut(from: NodeId, to: NodeId): boolean {
    return this.#cut.has(`${from}`) || this.#cut.has(`${to}`);
  }
}

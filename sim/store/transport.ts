import { GrpcError, status } from '@rhythm/grpc';
import type { Message, NodeId } from '@rhythm/raft';
import type { Network, SimProcess, World } from '@rhythm/simulator';
import type { PeerReply, PeerRequest, Receiver, SnapshotMessage, Transport } from '@rhythm/store/parts';

/** How long a piece of a state, or a question, is on its way. */
const carryMs = 3;

interface Place {
  readonly process: SimProcess;
  readonly receiver: Receiver;
}

/** What travels: to the process that runs when it arrives. */
export interface Packet {
  readonly from: NodeId;
  readonly message: Message;
}

/** Joins the members of a run: messages go through the network, badly; states and questions break off when a link is cut or a process ends. */
export class Wires {
  readonly #world: World;
  readonly #network: Network<Packet>;
  readonly #places = new Map<NodeId, Place>();
  /** Looks at a message before it is sent; false: it is lost. */
  sending: (message: Message) => boolean = () => true;

  constructor(world: World, network: Network<Packet>) {
    this.#world = world;
    this.#network = network;
  }

  deliver(to: NodeId, { message }: Packet): void {
    const place = this.#places.get(to);
    place?.process.reach(() => place.receiver.receive([message]));
  }

  transport(id: NodeId, process: SimProcess): Transport {
    process.onEnd(() => this.#places.delete(id));
    return {
      start: (receiver) => this.#places.set(id, { process, receiver }),
      setPeers: () => undefined,
      send: (messages) => {
        for (const message of messages) this.#send(id, process, message);
      },
      sendState: (message, chunks) => this.#sendState(id, process, message, chunks),
      ask: (to, request) => this.#ask(id, process, to, request),
      connectedSince: (to) => (this.#isUp(id, to) ? 0 : undefined),
      stop: async () => {
        this.#places.delete(id);
      },
    };
  }

  #send(id: NodeId, process: SimProcess, message: Message): void {
    // A transport repeats nothing; raft bears it but for proposals, which would be applied twice.
    const arrives = this.sending(message) && this.#network.send(id, message.to, { from: id, message }, message.type !== 'propose' && message.type !== 'transfer');
    const place = this.#places.get(id);
    if (!arrives) this.#world.after(5, () => process.reach(() => place?.receiver.unreachable(message.to)));
  }

  #isUp(from: NodeId, to: NodeId): boolean {
    return this.#places.has(to) && !this.#network.isCut(from, to) && !this.#network.isCut(to, from);
  }

  async #sendState(id: NodeId, process: SimProcess, message: SnapshotMessage, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    this.#world.count('snapshots sent');
    const target = this.#reach(id, message.to);
    const carry = async function* (this: Wires): AsyncGenerator<Uint8Array> {
      for await (const chunk of chunks) {
        await target.process.after(carryMs * (0.5 + this.#world.random.next()));
        if (process.isOver) throw new Error('the sender is gone');
        this.#check(id, message.to);
        // In small pieces, so that much can happen between them.
        for (let at = 0; at < chunk.length; at += 700) {
          yield chunk.subarray(at, at + 700);
          await target.process.after(carryMs * this.#world.random.next());
          if (process.isOver) throw new Error('the sender is gone');
          this.#check(id, message.to);
        }
      }
    }.call(this);
    await this.#orEnd(process, target.process, target.receiver.receiveState(message, carry));
    this.#world.count('snapshots arrived');
  }

  async #ask(id: NodeId, process: SimProcess, to: NodeId, request: PeerRequest): Promise<PeerReply> {
    await process.after(carryMs * this.#world.random.next());
    const target = this.#reach(id, to);
    const answer = new Promise<PeerReply>((resolve, reject) => target.process.reach(() => target.receiver.answer(request).then(resolve, reject)));
    const reply = await this.#orEnd(process, target.process, answer);
    await process.after(carryMs * this.#world.random.next());
    this.#check(to, id);
    return reply;
  }

  /** What another process does, as this one sees it: it breaks off when the other one ends. */
  #orEnd<T>(own: SimProcess, other: SimProcess, result: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const fail = (error: unknown): void => own.reach(() => reject(error as Error));
      other.onEnd(() => fail(new GrpcError(status.UNAVAILABLE, 'the connection broke')));
      result.then((value) => own.reach(() => resolve(value)), fail);
    });
  }

  #reach(from: NodeId, to: NodeId): Place {
    this.#check(from, to);
    return this.#places.get(to) as Place;
  }

  #check(from: NodeId, to: NodeId): void {
    if (!this.#isUp(from, to)) throw new GrpcError(status.UNAVAILABLE, 'the member cannot be reached');
  }
}

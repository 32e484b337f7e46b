import type { Message, RaftNode, Ready } from '@rhythm/raft';
import type { Applier } from './applier.ts';
import type { LogCutter } from './log-cutter.ts';
import type { HostPlant } from './plants.ts';
import type { RaftDiskLog } from './raft-log.ts';
import type { Reads } from './reads.ts';
import type { StateExchange } from './state-exchange.ts';
import type { State } from './state.ts';
import type { Transport } from './transport.ts';

/** Writes that may wait for the key space before applying pauses; bytes are bounded by the cuts of the log, which wait for them. */
const backlogWritesMax = 20_000;

export interface ReadyWorkPorts {
  readonly node: RaftNode;
  readonly log: RaftDiskLog;
  readonly applier: Applier;
  readonly reads: Reads;
  readonly cutter: LogCutter;
  readonly states: StateExchange;
  /** Another one after a leader's state was installed. */
  readonly state: () => State;
  readonly transport: Transport | undefined;
  readonly plant: HostPlant | undefined;
  /** Raft has taken the work back: who leads may have changed. */
  readonly advanced: () => void;
}

/** Does what raft hands out, in the order that it asks for (`Ready`): the application of one batch goes beside the write of the next. */
export class ReadyWork {
  readonly #ports: ReadyWorkPorts;

  constructor(ports: ReadyWorkPorts) {
    this.#ports = ports;
  }

  async do(ready: Ready): Promise<void> {
    const { node, log, applier, reads, cutter, states, state, plant, advanced } = this.#ports;
    this.#send(ready.messages);
    if (ready.snapshot !== undefined) await states.install(ready);
    const write = ready.mustSync && ready.snapshot === undefined ? log.append(ready.entries, ready.hardState, true) : undefined;
    // A failure is seen when it is awaited below; until then it must not count as unhandled.
    write?.catch(() => undefined);
    applier.apply(ready);
    for (const read of ready.readStates) reads.confirmed(read.context, read.index);
    reads.applied(state().applied.index);
    if (plant !== 'answer-before-sync') await write;
    for (const message of [...ready.messages, ...ready.messagesAfterSync]) if (message.type === 'snapshot') void states.send(message);
    this.#send(ready.messagesAfterSync);
    await write;
    node.advance(ready);
    advanced();
    if (state().backlog > backlogWritesMax) await state().flush();
    await cutter.cutIfDue(state());
  }

  #send(messages: readonly Message[]): void {
    const others = messages.filter(({ type }) => type !== 'snapshot');
    if (others.length > 0) this.#ports.transport?.send(others);
  }
}

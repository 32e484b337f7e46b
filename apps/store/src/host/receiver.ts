import type { RaftNode } from '@rhythm/raft';
import { etcdError } from '../services/errors.ts';
import { removedError } from './applier.ts';
import type { HostOptions } from './options.ts';
import type { StateExchange } from './state-exchange.ts';
import type { Receiver } from './transport.ts';
import type { WorkLoop } from './work-loop.ts';

export interface ReceiverPorts {
  readonly options: HostOptions;
  readonly node: RaftNode;
  readonly states: StateExchange;
  readonly loop: WorkLoop;
  /** This member cannot go on. */
  readonly giveUp: (error: Error) => void;
}

/** What the other members' messages do here. */
export function receiverOf({ options, node, states, loop, giveUp }: ReceiverPorts): Receiver {
  return {
    receive: (messages) => {
      for (const message of messages) node.step(message);
      loop.soon();
    },
    receiveState: (message, chunks) => states.receive(message, chunks),
    answer: (request) => options.answer?.(request) ?? Promise.reject(etcdError('Stopped')),
    unreachable: (id) => {
      node.reportUnreachable(id);
      loop.soon();
    },
    connected: (id) => {
      node.nudge(id);
      loop.soon();
    },
    removed: () => giveUp(removedError(options.id)),
  };
}

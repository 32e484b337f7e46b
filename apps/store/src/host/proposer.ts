import type { Caller } from '@rhythm/proto/store';
import { ProposalDroppedError, type MembershipChange, type RaftNode } from '@rhythm/raft';
import { etcdError } from '../services/errors.ts';
import { encodeCommand } from './command.ts';
import type { StoreCommand, StoreReply } from './machine.ts';
import { Proposals } from './proposals.ts';
import { requestBytesMax } from './timing.ts';
import type { Answer, Waiters } from './waiters.ts';
import type { WorkLoop } from './work-loop.ts';

/** What a command is answered with when it is not refused. */
export type ReplyTo<C extends StoreCommand> = Extract<StoreReply, { readonly $case: C['$case'] }>;

export interface ProposerPorts {
  readonly node: RaftNode;
  readonly waiters: Waiters;
  readonly loop: () => WorkLoop;
}

/** Commands on their way into the log, each with a caller that waits until it is applied. */
export class Proposer {
  readonly #ports: ProposerPorts;
  readonly #proposals: Proposals;

  constructor(ports: ProposerPorts) {
    this.#ports = ports;
    this.#proposals = new Proposals(ports.waiters);
  }

  /** Resolves when the command is on disk and applied. `asLeader`: it says what only a leader may, and is not forwarded to the next one. */
  async propose<C extends StoreCommand>(command: C, caller: Caller | undefined, asLeader: boolean): Promise<ReplyTo<C>> {
    const { node, waiters, loop } = this.#ports;
    const proposal = { command, caller };
    const { id, promise } = waiters.add(proposal);
    const data = encodeCommand({ origin: waiters.origin, id }, proposal);
    if (data.length > requestBytesMax) {
      void waiters.take(id);
      throw etcdError('RequestTooLarge');
    }
    this.#proposals.push(id, data, asLeader ? node.term : undefined);
    loop().soon();
    return (await granted(promise)).reply as ReplyTo<C>;
  }

  /** Proposes a change of membership; gives the index at which it was applied. Throws `ProposalDroppedError` too. */
  async proposeChange(steps: MembershipChange['steps'], command: StoreCommand): Promise<number> {
    const { node, waiters, loop } = this.#ports;
    const { id, promise } = waiters.add(undefined);
    const context = encodeCommand({ origin: waiters.origin, id }, { command, caller: undefined });
    try {
      node.proposeChange({ steps, transition: 'auto', context });
    } catch (error) {
      void waiters.take(id);
      throw error;
    }
    waiters.handedOver(id, node.term);
    void loop().run();
    return (await granted(promise)).index;
  }

  /** Hands over to raft what was asked for. Without a leader it waits for one. */
  feed(): void {
    const { node, waiters } = this.#ports;
    if (this.#proposals.isEmpty) return;
    const taken = this.#proposals.take(node.role === 'leader' ? node.term : undefined);
    if (taken.ids.length === 0) return;
    try {
      node.propose(taken.data);
      const { term } = node;
      for (const id of taken.ids) waiters.handedOver(id, term);
    } catch (error) {
      if (!(error instanceof ProposalDroppedError)) throw error;
      this.#proposals.dropped(taken, error);
    }
  }
}

async function granted(promise: Promise<Answer>): Promise<Answer> {
  const answer = await promise;
  if (answer.reply instanceof Error) throw etcdError(answer.reply.kind);
  return answer;
}

import { isVoter, membersOf, type RaftNode } from '@rhythm/raft';
import type { HostOptions } from './options.ts';
import type { State } from './state.ts';

/** What this member is in its group: alone, without a vote, its leader. */
export class Standing {
  readonly #options: Pick<HostOptions, 'id' | 'transport' | 'log'>;
  #isAlone = false;
  #isLearner = false;
  #leads = false;

  constructor(options: Pick<HostOptions, 'id' | 'transport' | 'log'>) {
    this.#options = options;
  }

  /** There is nobody else in the group. */
  get isAlone(): boolean {
    return this.#isAlone;
  }

  /** It has no vote, or waits to be sent the state. */
  get isLearner(): boolean {
    return this.#isLearner;
  }

  /** It leads, as far as was noted last, and has applied what all leaders before it acknowledged. */
  get leads(): boolean {
    return this.#leads;
  }

  /** The members may be others: tells the transport who they are. */
  noteMembers({ members, membership }: State): void {
    const { id, transport } = this.#options;
    this.#isAlone = membership !== undefined && membersOf(membership).length === 1 && membership.voters[0] === id;
    this.#isLearner = membership === undefined || !isVoter(membership, id);
    if (membership !== undefined) transport?.setPeers(members.list(), members.removed);
  }

  /** True when this member has begun or ceased to lead. */
  noteLeadership({ role, term }: Pick<RaftNode, 'role' | 'term'>, { applied }: State): boolean {
    // A leader speaks for the group once an entry of its own term is applied: its first one comes before all proposals.
    const leads = role === 'leader' && applied.term === term && applied.index > 0;
    if (leads === this.#leads) return false;
    this.#leads = leads;
    this.#options.log.info(leads ? 'leading' : 'not leading any more', { term });
    return true;
  }
}

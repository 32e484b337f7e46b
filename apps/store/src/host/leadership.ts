import type { Clock } from '@rhythm/base';
import { nobody, type Membership, type NodeId } from '@rhythm/raft';
import { etcdError } from '../services/errors.ts';
import { electionTicks, tickMs } from './timing.ts';
import type { Transport } from './transport.ts';

/** Which leader is known, and since when. */
export class Leadership {
  readonly #clock: Clock;
  #leader: NodeId = nobody;
  /** In monotonic milliseconds. */
  #since = 0;
  #changes = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** 0: none. */
  get leader(): NodeId {
    return this.#leader;
  }

  /** Leaders that became known. */
  get changes(): number {
    return this.#changes;
  }

  /** True when another leader has become known. */
  note(leader: NodeId): boolean {
    if (leader === this.#leader) return false;
    this.#leader = leader;
    if (leader === nobody) return false;
    this.#since = this.#clock.monotonic();
    this.#changes++;
    return true;
  }

  /** Why a request that began then was given up, as etcd tells it. */
  timeoutError(startedAt: number, self: NodeId, membership: Membership | undefined, transport: Transport | undefined): Error {
    const lostAt = this.#since - 2 * electionTicks * tickMs;
    if (startedAt > lostAt && startedAt < this.#since) return etcdError('TimeoutDueToLeaderFail');
    if (this.#leader === nobody) return etcdError('NoLeader');
    const isConnected = (id: NodeId): boolean => id === self || (transport?.connectedSince(id) ?? Infinity) <= startedAt;
    const { voters = [] } = membership ?? {};
    const isReachable = this.#leader === self ? voters.filter(isConnected).length > voters.length / 2 : isConnected(this.#leader);
    return etcdError(isReachable ? 'Timeout' : 'TimeoutDueToConnectionLost');
  }
}

import type { Clock } from '@rhythm/base';
import { assert } from '@rhythm/base';
import type { MemberCommand } from '@rhythm/proto/store';
import { isVoter, ProposalDroppedError, type NodeId } from '@rhythm/raft';
import { decodeCommand, encodeCommand } from '../host/command.ts';
import type { Host } from '../host/host.ts';
import { electionTicks, tickMs } from '../host/timing.ts';
import type { PeerReply, PeerRequest } from '../host/transport.ts';
import { hashKv } from '../services/hash.ts';
import { etcdError } from '../services/errors.ts';
import { stepsFor } from './checks.ts';
import { addedMemberId } from './initial-cluster.ts';
import { atLeader } from './leader-calls.ts';
import type { MemberRecord } from './records.ts';

/** How often a transfer of leadership is looked after. */
const transferPollMs = 20;
/** How often a change that another one holds up is tried again. */
const retryMs = 50;

/** What can be done with members and leases from any member: the leader does it. All throw etcd's errors. */
export class GroupOperations {
  readonly #host: () => Host;
  readonly #clock: Clock;
  readonly #token: string;

  /** `host`: once it has started. `token`: the cluster's, a part of the ids of members. */
  constructor(host: () => Host, clock: Clock, token: string) {
    this.#host = host;
    this.#clock = clock;
    this.#token = token;
  }

  async add(peerUrls: string[], isLearner: boolean): Promise<MemberRecord> {
    const id = addedMemberId(peerUrls, this.#token, Math.floor(this.#clock.now() / 1000));
    await this.#change({ $case: 'add', value: { id, peerUrls, isLearner } });
    return this.#host().state.members.get(id) ?? { id, name: '', peerUrls, clientUrls: [] };
  }

  remove(id: NodeId): Promise<void> {
    return this.#change({ $case: 'remove', value: { id } });
  }

  update(ID: NodeId, peerURLs: string[]): Promise<void> {
    return this.#change({ $case: 'update', value: { ID, peerURLs } });
  }

  promote(id: NodeId): Promise<void> {
    return this.#change({ $case: 'promote', value: { id } });
  }

  /** Says of this member what others should know. */
  async publish(name: string, clientUrls: string[]): Promise<void> {
    const { id } = this.#host();
    await this.#change({ $case: 'attributes', value: { id, name, clientUrls } });
  }

  /** Hands the leadership over; only the leader does. Resolves once the other one leads. */
  async moveLeader(to: NodeId): Promise<void> {
    const host = this.#host();
    if (!host.isLeader) throw etcdError('NotLeader');
    const { membership } = host.state;
    if (membership === undefined || !isVoter(membership, to)) throw etcdError('BadLeaderTransferee');
    if (to === host.id) return;
    host.transferLeadership(to);
    const until = this.#clock.monotonic() + electionTicks * tickMs;
    while (host.leader !== to) {
      if (this.#clock.monotonic() >= until) throw etcdError('TimeoutLeaderTransfer');
      await this.#clock.sleep(transferPollMs);
    }
  }

  /** Gives a lease its full time again: granted and remaining seconds; remaining 0: it is not there. */
  renewLease(id: bigint): Promise<{ readonly granted: bigint; readonly remaining: bigint }> {
    return this.#lease({ kind: 'lease-renew', id });
  }

  /** What is left of a lease; below 0: it is not there. */
  leaseTime(id: bigint): Promise<{ readonly granted: bigint; readonly remaining: bigint }> {
    return this.#lease({ kind: 'lease-remaining', id });
  }

  /** Answers another member: as the leader, unless any may. */
  readonly answer = async (request: PeerRequest): Promise<PeerReply> => {
    const host = this.#host();
    if (request.kind === 'hash') return { kind: 'hash', ...(await hashKv(host.state, BigInt(request.revision))) };
    if (!host.isLeader) throw etcdError('NotLeader');
    if (request.kind === 'change') return { kind: 'changed', index: await this.#changeHere(request.data) };
    // Nobody else may have taken over, and let the lease run out.
    await host.linearizable();
    if (!host.isLeader) throw etcdError('NotLeader');
    if (request.kind === 'lease-renew') {
      const granted = await host.leases.renew(request.id);
      return { kind: 'lease', granted: granted ?? 0n, remaining: granted ?? 0n };
    }
    const lease = host.state.mvcc.leases.get(request.id);
    return { kind: 'lease', granted: lease?.ttl ?? 0n, remaining: lease === undefined ? -1n : (host.leases.remainingSeconds(request.id) ?? 0n) };
  };

  async #lease(request: PeerRequest): Promise<{ readonly granted: bigint; readonly remaining: bigint }> {
    const reply = await atLeader(this.#host(), this.#clock, request, this.answer);
    assert(reply.kind === 'lease', 'a question about a lease is answered with one');
    return reply;
  }

  async #change(change: NonNullable<MemberCommand['change']>): Promise<void> {
    const data = encodeCommand({ origin: 0n, id: 0 }, { command: { $case: 'member', value: { change } }, caller: undefined });
    const reply = await atLeader(this.#host(), this.#clock, { kind: 'change', data }, this.answer);
    assert(reply.kind === 'changed', 'a change is answered with its place');
    await this.#host().appliedUpTo(reply.index);
  }

  /** On the leader: checks the change against what is applied, and proposes it. Another one that is under way comes first. */
  async #changeHere(data: Uint8Array): Promise<number> {
    const { command } = decodeCommand(data);
    assert(command.$case === 'member' && command.value.change !== undefined, 'a change of the members');
    const until = this.#clock.monotonic() + 2 * electionTicks * tickMs;
    for (;;) {
      const host = this.#host();
      const steps = stepsFor(command.value.change, {
        self: host.id,
        members: host.state.members,
        status: host.status(),
        now: this.#clock.monotonic(),
        connectedSince: (id) => host.transport?.connectedSince(id),
      });
      if (steps.length === 0) {
        await host.propose(command);
        return host.state.applied.index;
      }
      try {
        return await host.proposeChange(steps, command);
      } catch (error) {
        if (!(error instanceof ProposalDroppedError)) throw error;
        if (error.reason === 'not-leader' || error.reason === 'no-leader') throw etcdError('NotLeader');
        if (this.#clock.monotonic() >= until) throw etcdError(error.reason === 'too-much-uncommitted' ? 'TooManyRequests' : 'Unhealthy');
        await this.#clock.sleep(retryMs);
      }
    }
  }
}

import { setImmediate } from 'node:timers';
import { describe, expect, it } from 'vitest';
import { seededRandom, silentLog, VirtualClock } from '@rhythm/base';
import { memoryFiles, memorySpaces, type MemoryFiles, type MemorySpaces } from '@rhythm/disk';
import type { NodeId } from '@rhythm/raft';
import type { MemberRecord } from '../members/records.ts';
import { Host } from './host.ts';
import type { StoreCommand } from './machine.ts';
import { MemoryNetwork } from './memory-transport.ts';
import type { HostOptions } from './options.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text);
const put = (key: string, value: string, lease = 0n): Extract<StoreCommand, { $case: 'put' }> => ({
  $case: 'put',
  value: { key: bytes(key), value: bytes(value), lease, prevKv: false, ignoreValue: false, ignoreLease: false },
});
const record = (id: NodeId): MemberRecord => ({ id, name: `m${id}`, peerUrls: [`http://127.0.0.1:${id}`], clientUrls: [] });

/** Hosts on memory disks under one virtual clock. */
class Group {
  readonly clock = new VirtualClock();
  readonly network = new MemoryNetwork();
  readonly hosts = new Map<NodeId, Host>();
  readonly #disks = new Map<NodeId, { files: MemoryFiles; spaces: MemorySpaces }>();
  readonly #founders: readonly NodeId[];
  readonly #options: Partial<HostOptions>;
  #lives = 0;

  constructor(founders: readonly NodeId[], options: Partial<HostOptions> = {}) {
    this.#founders = founders;
    this.#options = options;
  }

  async start(...ids: NodeId[]): Promise<void> {
    for (const id of ids.length === 0 ? this.#founders : ids) {
      const disk = this.#disks.get(id) ?? { files: memoryFiles(), spaces: memorySpaces() };
      this.#disks.set(id, disk);
      const founders = this.#founders.includes(id) ? this.#founders.map(record) : [];
      const random = seededRandom(++this.#lives);
      this.hosts.set(id, await Host.start({ id, clusterId: 1n, founders, ...disk, clock: this.clock, random, log: silentLog, transport: this.network.transport(id), ...this.#options }));
    }
  }

  /** The power of one member goes out. */
  async crash(id: NodeId): Promise<void> {
    const disk = this.#disks.get(id);
    disk?.files.crash();
    disk?.spaces.crash();
    await this.network.transport(id).stop();
    this.hosts.delete(id);
  }

  get(id: NodeId): Host {
    const host = this.hosts.get(id);
    if (host === undefined) throw new Error(`${id} is down`);
    return host;
  }

  /** Lets time pass until `done`, at most a minute of it. */
  async until(done: () => boolean): Promise<void> {
    for (let n = 0; n < 600 && !done(); n++) {
      await this.clock.advance(100);
      for (let turn = 0; turn < 20; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
    }
    expect(done()).toBe(true);
  }

  async leader(): Promise<Host> {
    const find = (): Host | undefined => [...this.hosts.values()].find((host) => host.isLeader && !this.network.isIsolated(host.id));
    await this.until(() => find() !== undefined);
    return find() as Host;
  }

  /** The outcome of something that needs time to pass. */
  async outcome<T>(promise: Promise<T>): Promise<T> {
    let isOver = false;
    const over = (): void => void (isOver = true);
    promise.then(over, over);
    await this.until(() => isOver);
    return promise;
  }
}

const value = (host: Host, key: string): string | undefined => {
  const none = { limit: 0n, revision: 0n, sortOrder: 0, sortTarget: 0, keysOnly: false, countOnly: false, minModRevision: 0n, maxModRevision: 0n, minCreateRevision: 0n, maxCreateRevision: 0n } as const;
  const item = host.state.mvcc.range({ key: bytes(key), rangeEnd: bytes(''), ...none }).items[0];
  return item === undefined ? undefined : `${item.revision.main}`;
};

describe('three members', () => {
  it('elect a leader; a follower takes writes and reads what another acknowledged', async () => {
    const group = new Group([1n, 2n, 3n]);
    await group.start();
    const leader = await group.leader();
    const follower = [...group.hosts.values()].find((host) => host !== leader) as Host;
    const { revision } = await group.outcome(follower.propose(put('a', '1')));
    expect(revision).toBe(2);
    await group.outcome(leader.propose(put('b', '1')));
    await group.outcome(follower.linearizable());
    expect(value(follower, 'b')).toBe('3');
  });

  it('go on without their leader; what was acknowledged stays, what was under way is told to be unknown', async () => {
    const group = new Group([1n, 2n, 3n]);
    await group.start();
    const old = await group.leader();
    await group.outcome(old.propose(put('a', '1')));
    group.network.isolate(old.id);
    const lost = old.propose(put('lost', '1'));
    lost.catch(() => undefined);
    await group.until(() => !old.isLeader);
    const next = await group.leader();
    expect(next).not.toBe(old);
    await group.outcome(next.propose(put('b', '1')));
    await expect(group.outcome(old.linearizable())).rejects.toMatchObject({ details: 'etcdserver: no leader' });
    group.network.heal();
    await expect(group.outcome(lost)).rejects.toMatchObject({ code: 14 });
    await group.until(() => value(old, 'b') !== undefined);
    expect([value(old, 'a'), value(old, 'lost')]).toEqual(['2', undefined]);
  });

  it('fail what an old leader had taken as soon as a new one is known, without waiting for the time limit', async () => {
    const group = new Group([1n, 2n, 3n]);
    await group.start();
    const old = await group.leader();
    group.network.isolate(old.id);
    const lost = old.propose(put('lost', '1'));
    const failure = expect(lost).rejects.toMatchObject({ details: 'etcdserver: request timed out, possibly due to previous leader failure' });
    const [other] = [...group.hosts.values()].filter((host) => host !== old);
    await group.until(() => other?.leader !== 0n && other?.leader !== old.id);
    group.network.heal();
    await group.outcome(failure);
  });

  it('hold a proposal until there is a leader', async () => {
    const group = new Group([1n, 2n, 3n]);
    await group.start();
    expect((await group.outcome(group.get(1n).propose(put('a', '1')))).revision).toBe(2);
  });

  it('lose power, all at once, again and again, and have everything that was acknowledged', async () => {
    const group = new Group([1n, 2n, 3n], { cutEveryEntries: 20 });
    await group.start();
    let count = 0;
    for (let round = 0; round < 4; round++) {
      const leader = await group.leader();
      for (const host of group.hosts.values()) await group.outcome(Promise.all([0, 1, 2, 3].map(() => host.propose(put(`k${count++}`, 'x')))));
      expect(leader.state.mvcc.revision).toBe(count + 1);
      for (const id of [1n, 2n, 3n]) await group.crash(id);
      await group.start();
    }
    await group.leader();
    await group.until(() => [...group.hosts.values()].every((host) => host.state.mvcc.revision === count + 1));
  });

  it('bring a member that is far behind up with the state itself, and its watches with it', async () => {
    const group = new Group([1n, 2n, 3n], { cutEveryEntries: 20 });
    await group.start();
    const leader = await group.leader();
    const behind = [...group.hosts.values()].find((host) => host !== leader) as Host;
    const installed: number[] = [];
    behind.onApplied({ applied: () => undefined, installed: (before) => installed.push(before) });
    await group.outcome(leader.propose(put('a', '1')));
    await group.until(() => value(behind, 'a') !== undefined);
    group.network.isolate(behind.id);
    for (let n = 0; n < 150; n++) await group.outcome(leader.propose(put(`k${n}`, 'x')));
    group.network.heal();
    await group.until(() => value(behind, 'k149') !== undefined);
    expect(group.network.statesSent).toBe(1);
    expect(installed).toEqual([2]);
    await group.outcome(leader.propose(put('after', '1')));
    await group.until(() => value(behind, 'after') !== undefined);
    // It starts from that state, with a log that goes on behind it.
    await group.crash(behind.id);
    await group.start(behind.id);
    await group.until(() => value(group.get(behind.id), 'after') !== undefined);
  });

  it('keep what a member was sent and what came after it, also once its log has been cut', async () => {
    const group = new Group([1n, 2n, 3n], { cutEveryEntries: 20, segmentBytesMax: 1000 });
    await group.start();
    const leader = await group.leader();
    const [behind] = [...group.hosts.values()].filter((host) => host !== leader) as [Host];
    group.network.isolate(behind.id);
    for (let n = 0; n < 150; n++) await group.outcome(leader.propose(put(`k${n}`, 'x')));
    group.network.heal();
    await group.until(() => value(behind, 'k149') !== undefined);
    expect(group.network.statesSent).toBe(1);
    // The part of the log in which it began anew behind that state goes; the last entries are in the log only.
    for (let n = 0; n < 90; n++) await group.outcome(leader.propose(put(`l${n}`, 'x')));
    await group.until(() => value(behind, 'l89') !== undefined);
    for (const id of [1n, 2n, 3n]) await group.crash(id);
    // Alone: what it has is what is on its disk.
    await group.start(behind.id);
    const again = group.get(behind.id);
    expect(again.status().last).toBeGreaterThan(240);
    await group.start(...[1n, 2n, 3n].filter((id) => id !== behind.id));
    await group.until(() => value(again, 'l89') !== undefined);
  });

  it('keep the time a lease has left through a change of leaders, and let it run out once', async () => {
    const group = new Group([1n, 2n, 3n], { leaseCheckpointMs: 2000 });
    await group.start();
    const old = await group.leader();
    await group.outcome(old.propose({ $case: 'leaseGrant', value: { ID: 5n, TTL: 20n } }));
    await group.outcome(old.propose(put('leased', 'x', 5n)));
    await group.until(() => (old.leases.remainingSeconds(5n) ?? 99n) <= 10n);
    group.network.isolate(old.id);
    await group.until(() => [...group.hosts.values()].some((host) => host !== old && host.isLeader));
    const next = [...group.hosts.values()].find((host) => host !== old && host.isLeader) as Host;
    expect(Number(next.leases.remainingSeconds(5n))).toBeLessThanOrEqual(13);
    group.network.heal();
    await group.until(() => value(next, 'leased') === undefined && value(old, 'leased') === undefined);
  });
});

describe('a group that changes', () => {
  const added = (id: NodeId, isLearner: boolean): StoreCommand => ({ $case: 'member', value: { change: { $case: 'add', value: { id, peerUrls: [`http://127.0.0.1:${id}`], isLearner } } } });

  it('grows from one to three, each sent the state; goes on without the first; forgets it', async () => {
    const group = new Group([1n]);
    await group.start();
    const first = await group.leader();
    await group.outcome(first.propose(put('a', '1')));
    for (const id of [2n, 3n]) {
      await group.start(id);
      await group.outcome(first.proposeChange([{ kind: 'add-learner', id }], added(id, true)));
      expect(first.state.members.isLearner(id)).toBe(true);
      await group.until(() => value(group.get(id), 'a') !== undefined);
      expect(group.get(id).isLearner).toBe(true);
      await group.outcome(first.proposeChange([{ kind: 'add-voter', id }], { $case: 'member', value: { change: { $case: 'promote', value: { id } } } }));
      await group.until(() => !group.get(id).isLearner);
    }
    expect(group.get(3n).state.members.list().map(({ id }) => id)).toEqual([1n, 2n, 3n]);
    group.network.isolate(1n);
    await group.until(() => group.get(2n).isLeader || group.get(3n).isLeader);
    const leader = group.get(2n).isLeader ? group.get(2n) : group.get(3n);
    await group.outcome(leader.proposeChange([{ kind: 'remove', id: 1n }], { $case: 'member', value: { change: { $case: 'remove', value: { id: 1n } } } }));
    expect(leader.state.members.list().map(({ id }) => id)).toEqual([2n, 3n]);
    expect(leader.state.members.wasRemoved(1n)).toBe(true);
    await group.outcome(leader.propose(put('b', '1')));
  });

  it('ends a member that learns of its removal', async () => {
    const group = new Group([1n, 2n, 3n]);
    await group.start();
    const leader = await group.leader();
    const other = [...group.hosts.values()].find((host) => host !== leader) as Host;
    let reason = '';
    other.failed.catch((error: Error) => (reason = error.message));
    await group.outcome(leader.proposeChange([{ kind: 'remove', id: other.id }], { $case: 'member', value: { change: { $case: 'remove', value: { id: other.id } } } }));
    await group.until(() => reason.includes('was removed from its cluster'));
    expect(leader.state.members.list()).toHaveLength(2);
  });
});

import { describe, expect, it } from 'vitest';
import { randomInt } from '@rhythm/base';
import { encodeChange, type ChangeStep } from './change.ts';
import { RaftNode } from './node.ts';
import { Group } from './testing.ts';
import { ProposalDroppedError, type Entry, type NodeId } from './types.ts';

const others = (group: Group, id: NodeId): NodeId[] => group.ids.filter((other) => other !== id);
const isolate = (group: Group, id: NodeId): void => {
  group.isLost = (message) => message.from === id || message.to === id;
};
const heal = (group: Group): void => {
  group.isLost = () => false;
};

describe('one voter', () => {
  it('leads at once, and applies only what is on its disk', () => {
    const group = new Group(1);
    const node = group.node(1n);
    node.campaign();
    node.propose([Buffer.from('a')]);
    const ready = node.ready();
    expect(ready).toMatchObject({ mustSync: true, hardState: { term: 1, vote: 1n }, committed: [] });
    expect(ready.entries.map((e) => Buffer.from(e.data).toString())).toEqual(['', 'a']);
    node.propose([Buffer.from('b')]);
    node.advance(ready);
    const next = node.ready();
    expect(next.committed.map((e) => e.index)).toEqual([1, 2]);
    expect(next.entries.map((e) => e.index)).toEqual([3]);
    node.advance(next);
    expect(node.ready().committed.map((e) => e.index)).toEqual([3]);
  });

  it('reads after its first commit, and continues after a restart', () => {
    const group = new Group(1);
    group.node(1n).campaign();
    group.node(1n).readIndex(5);
    group.settle();
    expect(group.member(1n).reads).toEqual([{ context: 5, index: 1 }]);
    group.propose(1n, 'a');
    group.settle();
    group.crash(1n);
    group.start(1n);
    group.node(1n).campaign();
    group.propose(1n, 'b');
    group.settle();
    expect(group.texts(1n)).toEqual(['a', 'b']);
    expect(group.node(1n).status().term).toBe(2);
  });

  it('refuses more than it may hold uncommitted', () => {
    const group = new Group(1);
    group.node(1n).campaign();
    group.propose(1n, 'x'.repeat(9000));
    expect(() => group.propose(1n, 'y'.repeat(9000))).toThrow(ProposalDroppedError);
    group.settle();
    group.propose(1n, 'y'.repeat(9000));
    group.settle();
    expect(group.texts(1n)).toHaveLength(2);
  });
});

describe('three voters', () => {
  it('elect one leader and apply the same entries everywhere', () => {
    const group = new Group(3);
    const leader = group.elect();
    for (let n = 0; n < 50; n++) group.propose(leader, `v${n}`);
    group.settle();
    for (const id of group.ids) expect(group.texts(id)).toEqual(Array.from({ length: 50 }, (_, n) => `v${n}`));
    expect(group.node(leader).status().compactable).toBe(51);
    group.node(leader).compact(51);
    group.propose(leader, 'after');
    group.settle();
    for (const id of group.ids) expect(group.texts(id).at(-1)).toBe('after');
  });

  it('take proposals at a follower', () => {
    const group = new Group(3);
    const leader = group.elect();
    const follower = others(group, leader)[0] as NodeId;
    group.propose(follower, 'from afar');
    group.settle();
    expect(group.texts(leader)).toEqual(['from afar']);
  });

  it('commit nothing without a majority, and replace the tail that was never committed', () => {
    const group = new Group(3);
    const old = group.elect();
    group.propose(old, 'kept');
    group.settle();
    isolate(group, old);
    group.propose(old, 'lost 1', 'lost 2', 'lost 3');
    group.settle();
    expect(group.texts(old)).toEqual(['kept']);
    for (let at = 0; at < 100 && (group.leader() === undefined || group.leader() === old); at++) group.tick();
    const next = group.leader() as NodeId;
    expect(next).not.toBe(old);
    group.tick(20);
    expect(group.node(old).status().role).not.toBe('leader');
    group.propose(next, 'won');
    group.settle();
    expect(group.member(old).entries).toHaveLength(5);
    heal(group);
    group.tick(3);
    for (const id of group.ids) expect(group.texts(id)).toEqual(['kept', 'won']);
    expect(group.member(old).entries.map((e) => e.term)).toEqual(group.member(next).entries.map((e) => e.term));
  });

  it('are not disturbed by a member that was cut off (pre-vote)', () => {
    const group = new Group(3);
    const leader = group.elect();
    const { term } = group.node(leader).status();
    const away = others(group, leader)[0] as NodeId;
    isolate(group, away);
    group.tick(100);
    expect(group.node(away).status().term).toBe(term);
    heal(group);
    group.tick(20);
    expect(group.leader()).toBe(leader);
    expect(group.node(leader).status().term).toBe(term);
  });

  it('bring a member that was down up to date', () => {
    const group = new Group(3);
    const leader = group.elect();
    const down = others(group, leader)[0] as NodeId;
    group.crash(down);
    for (let n = 0; n < 30; n++) {
      group.propose(leader, `v${n}`);
      group.settle();
    }
    group.start(down);
    group.tick(5);
    expect(group.texts(down)).toEqual(group.texts(leader));
  });

  it('serve a read only where a majority confirms the leader', () => {
    const group = new Group(3);
    const leader = group.elect();
    group.propose(leader, 'a');
    group.settle();
    const follower = others(group, leader)[0] as NodeId;
    group.node(follower).readIndex(1);
    group.settle();
    expect(group.member(follower).reads).toEqual([{ context: 1, index: 2 }]);
    isolate(group, leader);
    group.node(leader).readIndex(2);
    group.node(leader).readIndex(3);
    group.settle();
    expect(group.member(leader).reads).toEqual([]);
    heal(group);
    group.tick(1);
    expect(group.member(leader).reads).toEqual([{ context: 2, index: 2 }, { context: 3, index: 2 }]);
  });

  it('do not commit an entry of an earlier term by counting (raft paper, figure 8)', () => {
    const group = new Group(3);
    const first = group.elect();
    group.isLost = (message) => message.type === 'append-reply';
    group.propose(first, 'old');
    group.settle();
    expect(group.texts(first)).toEqual([]);
    group.crash(first);
    heal(group);
    group.isLost = (message) => message.type === 'append-reply';
    const second = group.elect();
    expect(group.node(second).status().committed).toBe(1);
    heal(group);
    group.tick(3);
    expect(group.texts(second)).toEqual(['old']);
  });
});

describe('after a crash', () => {
  const entry = (index: number, ...steps: ChangeStep[]): Entry => ({ term: 1, index, type: 'config', data: encodeChange({ steps, transition: 'auto', context: new Uint8Array(0) }) });
  const restarted = (...entries: Entry[]): RaftNode =>
    new RaftNode({
      id: 3n,
      voters: [1n, 2n, 3n],
      electionTicks: 10,
      heartbeatTicks: 1,
      messageBytesMax: 64,
      inflightMax: 8,
      uncommittedBytesMax: 10_000,
      random: { next: () => 0.5, bytes: (count) => new Uint8Array(count) },
      entries,
      // The write was torn: its entries are there, the hard state that said what is committed is not.
      hardState: { term: 1, vote: 3n, commit: 0 },
    });

  it('a change in the log proves those before it committed: nobody stands among the members of two changes ago', () => {
    const node = restarted(entry(1, { kind: 'remove', id: 1n }), entry(2, { kind: 'remove', id: 3n }));
    expect(node.status().committed).toBe(1);
    node.campaign();
    expect(node.hasReady() && node.ready()).toMatchObject({ messagesAfterSync: [], membership: { voters: [2n, 3n] } });
  });

  it('a state that was to be installed and is not there makes nothing committed', () => {
    const node = restarted(entry(1, { kind: 'add-learner', id: 4n }));
    const membership = { voters: [1n, 2n, 3n], outgoing: [], learners: [], learnersNext: [], autoLeave: false };
    node.step({ type: 'snapshot', from: 2n, to: 3n, term: 2, snapshot: { index: 5, term: 2, membership } });
    const ready = node.ready();
    expect(ready).toMatchObject({ snapshot: { index: 5 }, hardState: { term: 2, commit: 0 }, mustSync: true });
    node.advance(ready);
    expect(node.ready()).toMatchObject({ hardState: { term: 2, commit: 5 }, mustSync: false });
  });

  it('a single change proves nothing: its leader may have been alone with it', () => {
    const node = restarted(entry(1, { kind: 'remove', id: 1n }));
    expect(node.status().committed).toBe(0);
    node.campaign();
    expect(node.ready().messagesAfterSync.map(({ to }) => to)).toEqual([1n, 2n]);
  });
});

/** Random faults under a seed: no term has two leaders (checked in Group), and all members apply one sequence. */
it.each(Array.from({ length: 40 }, (_, seed) => seed))('stays safe under loss, delay, repetition and crashes: seed %i', (seed) => {
  const size = seed % 2 === 0 ? 3 : 5;
  const group = new Group(size, seed + 1, 3);
  const { random } = group;
  const pick = (): NodeId => group.ids[randomInt(random, size)] as NodeId;
  let proposed = 0;
  for (let step = 0; step < 8000; step++) {
    const id = pick();
    const dice = random.next();
    if (dice < 0.3) group.members.get(id)?.node?.tick();
    else if (dice < 0.4) {
      if (group.members.get(id)?.node?.status().role === 'leader') group.propose(id, `p${proposed++}`);
    } else if (dice < 0.404) group.crash(id);
    else if (dice < 0.45 && group.member(id).node === undefined) group.start(id);
    else group.work(id, () => random.next() < 0.01);
    for (let n = randomInt(random, 4); n > 0 && group.inflight.length > 0; n--) {
      const at = randomInt(random, group.inflight.length);
      const fate = random.next();
      const message = fate < 0.1 ? group.inflight[at] : group.inflight.splice(at, 1)[0];
      if (message !== undefined && fate < 0.9) group.deliver(message);
    }
    if (group.inflight.length > 500) group.inflight.splice(0, 250);
  }
  for (const id of group.ids) if (group.member(id).node === undefined) group.start(id);
  group.settle();
  const leader = group.elect();
  group.propose(leader, 'last');
  group.tick(30);
  const expected = group.member(leader).applied;
  expect(expected.at(-1)).toMatch(/:last$/);
  // A run in which little happened proves little.
  expect(expected.length).toBeGreaterThan(60);
  expect(group.leaders.size).toBeGreaterThan(2);
  for (const id of group.ids) expect(group.member(id).applied).toEqual(expected);
  expect(new Set(group.texts(leader)).size).toBe(group.texts(leader).length);
});

import { describe, expect, it } from 'vitest';
import type { MemberCommand } from '@rhythm/proto/store';
import { simpleMembership, type NodeId, type Status } from '@rhythm/raft';
import { stepsFor, type ClusterView } from './checks.ts';
import { addedMemberId, initialIds, parseInitialCluster } from './initial-cluster.ts';
import { MembersMachine } from './machine.ts';

interface Case {
  readonly voters: readonly NodeId[];
  readonly learners?: readonly NodeId[];
  /** Not connected. */
  readonly down?: readonly NodeId[];
  /** Connected for a second only. */
  readonly fresh?: readonly NodeId[];
  readonly unstarted?: readonly NodeId[];
  readonly match?: ReadonlyMap<NodeId, number>;
}

/** As member 1, which leads with 100 entries, sees it. */
function view({ voters, learners = [], down = [], fresh = [], unstarted = [], match = new Map() }: Case): ClusterView {
  const members = new MembersMachine();
  const all = [...voters, ...learners];
  members.found(1n, all.map((id) => ({ id, name: unstarted.includes(id) ? '' : `m${id}`, peerUrls: [`http://10.0.0.${id}:2380`], clientUrls: [] })), [99n]);
  members.applyMembership(undefined, simpleMembership(voters, learners), 1);
  const progress = all.map((id) => ({ id, match: match.get(id) ?? 100, next: 101, state: 'replicate' as const, recentlyActive: true }));
  return { self: 1n, members, status: { last: 100, progress } as unknown as Status, now: 60_000, connectedSince: (id) => (down.includes(id) ? undefined : fresh.includes(id) ? 59_000 : 1000) };
}

type Change = NonNullable<MemberCommand['change']>;
const add = (isLearner = false, url = 'http://10.0.0.9:2380', id = 9n): Change => ({ $case: 'add', value: { id, peerUrls: [url], isLearner } });
const remove = (id: NodeId): Change => ({ $case: 'remove', value: { id } });
const promote = (id: NodeId): Change => ({ $case: 'promote', value: { id } });
const three = { voters: [1n, 2n, 3n] };

describe('changes of the members', () => {
  const refused: ReadonlyArray<readonly [string, Change, Case, string]> = [
    ['a second learner', add(true), { ...three, learners: [4n] }, 'too many learner members in cluster'],
    ['a URL that is taken', add(false, 'http://10.0.0.2:2380'), three, 'Peer URLs already exists'],
    ['a URL that is none', add(false, 'ftp://x'), three, 'given member URLs are invalid'],
    ['an id that was removed', add(false, 'http://10.0.0.9:2380', 99n), three, 'member ID already exist'],
    ['a voter while one is down', add(), { ...three, down: [2n] }, 'unhealthy cluster'],
    ['a voter while one has just come', add(), { ...three, fresh: [2n] }, 'unhealthy cluster'],
    ['a voter that would outnumber those started', add(), { ...three, unstarted: [2n, 3n] }, 'not enough started members'],
    ['the removal of nobody', remove(7n), three, 'member not found'],
    ['the removal of the last one', remove(1n), { voters: [1n] }, 'not enough started members'],
    ['a removal that leaves too few', remove(2n), { ...three, down: [3n] }, 'unhealthy cluster'],
    ['the promotion of a voter', promote(2n), three, 'can only promote a learner member'],
    ['the promotion of one that lags', promote(4n), { ...three, learners: [4n], match: new Map([[4n, 80]]) }, 'which is in sync with leader'],
  ];
  it.each(refused)('refuse %s', (_name, change, where, error) => {
    expect(() => stepsFor(change, view(where))).toThrow(error);
  });

  const taken: ReadonlyArray<readonly [string, Change, Case]> = [
    ['a voter', add(), three],
    ['a learner while one is down', add(true), { ...three, down: [2n] }],
    ['the second voter', add(), { voters: [1n] }],
    ['the removal of the one that is down', remove(3n), { ...three, down: [3n] }],
    ['the removal of a learner', remove(4n), { voters: [1n], learners: [4n] }],
    ['the promotion of one that is close', promote(4n), { ...three, learners: [4n], match: new Map([[4n, 95]]) }],
  ];
  it.each(taken)('take %s', (_name, change, where) => {
    expect(stepsFor(change, view(where))).toHaveLength(1);
  });
});

it('gives members and clusters the ids that etcd gives them', () => {
  const { clusterId, memberIds } = initialIds(parseInitialCluster('default=http://localhost:2380'), 'etcd-cluster');
  // Every etcd that is started without flags.
  expect([clusterId.toString(16), memberIds.get('default')?.toString(16)]).toEqual(['cdf818194e3a8c32', '8e9e05c52164694d']);
  expect(addedMemberId(['http://b', 'http://a'], 't', 1)).toBe(addedMemberId(['http://a', 'http://b'], 't', 1));
  expect(addedMemberId(['http://a'], 't', 1)).not.toBe(addedMemberId(['http://a'], 't', 2));
});

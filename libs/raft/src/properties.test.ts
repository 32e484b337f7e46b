import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { ChangeStep } from './change.ts';
import { Group } from './testing.ts';
import { ProposalDroppedError, type NodeId } from './types.ts';

/** One thing that can happen; numbers choose members and messages, modulo what there is. */
type Action = readonly ['tick' | 'propose' | 'crash' | 'start' | 'work' | 'tear' | 'deliver' | 'repeat' | 'drop' | 'change' | 'transfer' | 'compact', number, number];

const action: fc.Arbitrary<Action> = fc.tuple(
  fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom<Action[0]>('tick') },
    { weight: 22, arbitrary: fc.constantFrom<Action[0]>('deliver', 'work') },
    { weight: 4, arbitrary: fc.constantFrom<Action[0]>('propose') },
    { weight: 4, arbitrary: fc.constantFrom<Action[0]>('repeat', 'drop', 'start', 'tear', 'crash', 'change', 'transfer', 'compact') },
  ),
  fc.nat(1000),
  fc.nat(1000),
);

/** Watches a group for the properties of the raft paper's figure 3. */
class Checker {
  readonly group = new Group(3, 7, 3, { electionTicks: 5 });
  /** What anybody applied at each index. */
  readonly applied: string[] = [];
  snapshots = 0;
  #proposed = 0;

  constructor() {
    for (const id of [4n, 5n]) this.group.add(id);
    // Leader completeness: whoever leads has every entry that anybody has applied.
    this.group.onLeader = (id) => {
      const { last } = this.group.node(id).status();
      expect(last, `the log of leader ${id} holds what was committed`).toBeGreaterThanOrEqual(this.applied.length);
    };
  }

  run([kind, a, b]: Action): void {
    const { group } = this;
    const id = group.ids[a % group.ids.length] as NodeId;
    const node = group.member(id).node;
    try {
      switch (kind) {
        case 'tick':
          for (let at = b % 3; at >= 0; at--) node?.tick();
          break;
        case 'propose':
          node?.propose([Buffer.from(`p${this.#proposed++}`)]);
          break;
        case 'crash':
          // Half of them lose part of what was applied.
          if (b % 3 === 0) group.crash(id, b % 2 === 0 ? Infinity : group.member(id).appliedIndex - (b % 11));
          break;
        case 'start':
          if (node === undefined) group.start(id);
          break;
        case 'work':
          group.work(id);
          break;
        case 'tear':
          if (b % 2 === 0) group.tear(id, b % 5);
          break;
        case 'change':
          node?.proposeChange({ steps: steps(b), transition: 'auto', context: new Uint8Array(0) });
          break;
        case 'transfer':
          if (node?.status().role === 'leader') node.transferLeadership(group.ids[b % group.ids.length] as NodeId);
          break;
        case 'compact':
          if (node !== undefined && group.member(id).appliedIndex > 0) group.compact(id, group.member(id).appliedIndex);
          break;
        default:
          this.#message(kind, a, b);
      }
    } catch (error) {
      if (!(error instanceof ProposalDroppedError)) throw error;
    }
    this.check();
  }

  /** Brings everybody back and to the same place. */
  end(): void {
    const { group } = this;
    for (const id of group.ids) if (group.member(id).node === undefined) group.start(id);
    group.settle();
    const leader = group.elect();
    group.tick(30);
    this.check();
    const { membership } = group.node(leader).status();
    for (const id of membership.voters) expect(group.member(id).appliedIndex, `${id} catches up`).toBe(group.member(leader).appliedIndex);
  }

  /** State machine safety: nobody applies something else at an index. Log matching: equal terms at an index mean equal logs up to it. */
  check(): void {
    const members = [...this.group.members.values()];
    for (const member of members) {
      for (let at = this.applied.length; at < member.applied.length; at++) this.applied.push(member.applied[at] ?? '');
      const last = member.applied.length - 1;
      if (last >= 0) expect(member.applied[last]).toBe(this.applied[last]);
    }
    const [one, two] = members.length > 1 ? [members[this.#proposed % members.length], members[(this.#proposed + 1) % members.length]] : [];
    if (one === undefined || two === undefined) return;
    const other = new Map(two.entries.map((entry) => [entry.index, entry]));
    let isSame = false;
    for (const entry of one.entries.toReversed()) {
      const twin = other.get(entry.index);
      if (twin === undefined) continue;
      if (isSame || twin.term === entry.term) {
        expect(twin, `entry ${entry.index}`).toEqual(entry);
        isSame = true;
      }
    }
  }

  #message(kind: Action[0], a: number, b: number): void {
    const { group } = this;
    for (let n = kind === 'deliver' ? 1 + (b % 4) : 1; n > 0 && group.inflight.length > 0; n--) {
      const at = a % group.inflight.length;
      const message = kind === 'repeat' ? group.inflight[at] : group.inflight.splice(at, 1)[0];
      if (message === undefined) return;
      if (message.type === 'snapshot') this.snapshots++;
      if (kind !== 'drop') group.deliver(message);
      else if (message.type === 'snapshot') group.member(message.from).node?.reportSnapshot(message.to, false);
    }
  }
}

function steps(seed: number): ChangeStep[] {
  const kinds = ['add-voter', 'add-learner', 'add-voter', 'remove'] as const;
  return Array.from({ length: 1 + (seed % 3) }, (_, at) => ({ kind: kinds[(seed >> at) % 4] ?? 'add-voter', id: BigInt(1 + ((seed >> (2 + at)) % 5)) }));
}

it('keeps the properties of the paper under any sequence of faults and changes of membership', () => {
  let snapshots = 0;
  let applied = 0;
  let memberships = 0;
  fc.assert(
    fc.property(fc.array(action, { minLength: 300, maxLength: 1200, size: 'max' }), (actions) => {
      const checker = new Checker();
      const before = checker.group.member(1n).membership;
      for (const each of actions) checker.run(each);
      checker.end();
      snapshots += checker.snapshots;
      applied += checker.applied.length;
      if (checker.group.member(1n).membership !== before) memberships++;
    }),
    { endOnFailure: true, numRuns: Number(process.env['RHYTHM_RUNS'] ?? 60), ...(process.env['RHYTHM_SEED'] === undefined ? {} : { seed: Number(process.env['RHYTHM_SEED']) }) },
  );
  // Runs in which nothing happened would prove nothing.
  expect(snapshots).toBeGreaterThan(0);
  expect(applied).toBeGreaterThan(200);
  expect(memberships).toBeGreaterThan(0);
});

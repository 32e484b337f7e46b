import type { Membership, NodeId } from './types.ts';

/** The highest index that a majority (of a joint membership: both majorities) has reached. */
export function committedIndex({ voters, outgoing }: Membership, matched: (id: NodeId) => number): number {
  const index = majorityIndex(voters, matched);
  return outgoing.length === 0 ? index : Math.min(index, majorityIndex(outgoing, matched));
}

/** The outcome of an election: lost as soon as a majority has become impossible. */
export function voteResult({ voters, outgoing }: Membership, votes: ReadonlyMap<NodeId, boolean>): 'won' | 'lost' | 'pending' {
  const incoming = majorityVote(voters, votes);
  if (outgoing.length === 0) return incoming;
  const old = majorityVote(outgoing, votes);
  if (incoming === 'lost' || old === 'lost') return 'lost';
  return incoming === 'won' && old === 'won' ? 'won' : 'pending';
}

export function isMajority(membership: Membership, has: (id: NodeId) => boolean): boolean {
  return committedIndex(membership, (id) => (has(id) ? 1 : 0)) === 1;
}

function majorityIndex(voters: readonly NodeId[], matched: (id: NodeId) => number): number {
  const indices = voters.map(matched).sort((a, b) => b - a);
  return indices[Math.floor(indices.length / 2)] ?? 0;
}

function majorityVote(voters: readonly NodeId[], votes: ReadonlyMap<NodeId, boolean>): 'won' | 'lost' | 'pending' {
  const needed = Math.floor(voters.length / 2) + 1;
  let yes = 0;
  let no = 0;
  for (const voter of voters) {
    const vote = votes.get(voter);
    if (vote === true) yes++;
    else if (vote === false) no++;
  }
  if (yes >= needed) return 'won';
  return voters.length - no < needed ? 'lost' : 'pending';
}

import type { NodeId } from './types.ts';

/** The highest index that a majority has reached. */
export function committedIndex(voters: readonly NodeId[], matched: (id: NodeId) => number): number {
  const indices = voters.map(matched).sort((a, b) => b - a);
  return indices[Math.floor(indices.length / 2)] ?? 0;
}

/** The outcome of an election: lost as soon as a majority has become impossible. */
export function voteResult(voters: readonly NodeId[], votes: ReadonlyMap<NodeId, boolean>): 'won' | 'lost' | 'pending' {
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

export function isMajority(voters: readonly NodeId[], has: (id: NodeId) => boolean): boolean {
  return voters.filter(has).length > voters.length / 2;
}

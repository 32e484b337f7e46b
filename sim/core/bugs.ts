import { plantedBugs } from '@rhythm/raft';

/** Mistakes that can be planted, to prove that the checkers notice them. Each names a rule of the host or of raft that is broken. */
export const bugs = [
  ...plantedBugs,
  'vote-not-persisted',
  'log-cut-before-sync',
  'apply-twice-after-crash',
  'snapshot-without-membership',
  'answer-before-sync',
  'watch-skips-on-resume',
] as const;

export type Bug = (typeof bugs)[number];

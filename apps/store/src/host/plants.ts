import type { PlantedBug } from '@rhythm/raft';

/**
 * Mistakes that tests of the tests plant in a member, to see that the checkers of histories notice them. Only `HostOptions` can name one: no
 * flag and no file does.
 */
export const hostPlants = [
  /** Answers peers and callers while the log is still being written. */
  'answer-before-sync',
  /** Forgets the log behind a state that is not durable. */
  'log-cut-before-sync',
  /** A renewed lease leaves its old checkpoint in the log: the next leader goes on from there. */
  'lost-lease-checkpoint',
  /** The applied index is written apart from the data. */
  'applied-index-apart',
  /** A watch that reads history leaves deletions at the compacted revision out. */
  'watch-skips-at-compaction',
  /** A watch that resumes misses the first revision of history. */
  'watch-skips-on-resume',
  /** Progress is told while a watch of the stream is still behind. */
  'progress-ahead-of-stream',
  /** The previous value is the present one. */
  'previous-value-of-wrong-revision',
  /** A watch of a future revision is sent what comes before. */
  'future-watch-starts-now',
  /** A state that is sent to another member says who the founders were, not who the members are. */
  'snapshot-without-membership',
] as const;

/** One of these, or of raft's. */
export type HostPlant = (typeof hostPlants)[number] | PlantedBug;

import { cronJob } from './cron-job.ts';
import { job } from './job.ts';
import type { KindDefinition } from '../kind.ts';

export const batchKinds: readonly KindDefinition[] = [
  cronJob,
  job,
];

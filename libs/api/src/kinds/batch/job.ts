import type { Job } from '../../gen/types/batch-v1.ts';
import { defineKind } from '../define-kind.ts';

export const job = defineKind<Job>({
  group: 'batch',
  version: 'v1',
  kind: 'Job',
  plural: 'jobs',
  categories: ['all'],
  namespaced: true,
  status: true,
  generationFields: ['spec'],
  storageVersionHash: 'mudhfqk/qZY=',
});

import type { CronJob } from '../../gen/types/batch-v1.ts';
import { defineKind } from '../define-kind.ts';

export const cronJob = defineKind<CronJob>({
  group: 'batch',
  version: 'v1',
  kind: 'CronJob',
  plural: 'cronjobs',
  shortNames: ['cj'],
  categories: ['all'],
  namespaced: true,
  status: true,
  generationFields: ['spec'],
  storageVersionHash: 'sd5LIXh4Fjs=',
});

import { expect } from 'vitest';
import { row } from '../../harness/index.ts';
import { everyVerb } from '../verbs.ts';

const template = { spec: { template: { spec: { restartPolicy: 'OnFailure', containers: [{ name: 'c', image: 'none' }] } } } };
const spec = (schedule: string): object => ({ schedule, suspend: true, jobTemplate: template });

row('cronjob-api', async (k) => {
  const path = k.path('batch/v1', 'cronjobs');
  await everyVerb(k, {
    groupVersion: 'batch/v1',
    kind: 'CronJob',
    resource: 'cronjobs',
    namespaced: true,
    body: () => ({ spec: spec('0 0 31 2 *') }),
    change: { spec: { schedule: '0 0 30 2 *' } },
    status: { patch: { lastScheduleTime: '2020-01-01T00:00:00Z' }, update: { lastScheduleTime: '2021-01-01T00:00:00Z' } },
  });
  const made = await k.batch.createNamespacedCronJob({ namespace: k.namespace, body: { metadata: { name: 'defaults' }, spec: { schedule: '@yearly', suspend: true, jobTemplate: template } } });
  expect(made.spec).toMatchObject({ concurrencyPolicy: 'Allow', successfulJobsHistoryLimit: 3, failedJobsHistoryLimit: 1 });
  await k.fails(k.raw('POST', path, { body: { metadata: { name: 'bad' }, spec: spec('every tuesday') } }), { code: 422, reason: 'Invalid', message: 'spec.schedule: Invalid value: "every tuesday"' });
});

import { kindRegistry, type KindDefinition, type KubeObject } from '@rhythm/api';
import { formatTime } from '@rhythm/base';
import { expect, test } from 'vitest';
import { cellsOf, rowTemplate } from './row-template.ts';

const kindOf = (group: string, resource: string, version = 'v1'): KindDefinition => kindRegistry.byResource(group, version, resource) as KindDefinition;
const start = 1_900_000_000_000;
const time = (seconds: number): string => formatTime(start + seconds * 1000);
const moments = [0, 7_000, 150_000, 3 * 3_600_000, 20 * 86_400_000, 900 * 86_400_000].map((ms) => start + 60_000 + ms);

const restarted = { metadata: { name: 'a', creationTimestamp: time(0) }, spec: { containers: [{ name: 'main' }] }, status: { phase: 'Running', containerStatuses: [{ name: 'main', ready: true, restartCount: 3, state: { running: {} }, lastState: { terminated: { finishedAt: time(50), exitCode: 1 } } }] } };
const job = (status: object): object => ({ metadata: { name: 'a', creationTimestamp: time(0) }, spec: { template: { spec: { containers: [] } } }, status });

test.each([
  ['a pod with an age and restarts a while ago', kindOf('', 'pods'), restarted],
  ['a job under way', kindOf('batch', 'jobs'), job({ startTime: time(1) })],
  ['an object without a time', kindOf('', 'configmaps'), { metadata: { name: 'a' } }],
])('the cells of %s are those of the object at any time', (_what, kind, object) => {
  const template = rowTemplate(kind, object as unknown as KubeObject, moments[0] ?? 0);
  if (template === undefined) throw new Error('there is no template');
  for (const now of moments) expect(cellsOf(template, now)).toBe(JSON.stringify(kind.cells(object as unknown as KubeObject, now)));
});

test('a duration that has ended makes no template: it does not grow', () => {
  const over = job({ startTime: time(1), completionTime: time(9) }) as KubeObject;
  expect(rowTemplate(kindOf('batch', 'jobs'), over, moments[0] ?? 0)).toBeUndefined();
});

test('an object that says what stands for an age makes no template', () => {
  const sly = { metadata: { name: '{{duration 0}}', creationTimestamp: time(0) } } as KubeObject;
  expect(rowTemplate(kindOf('', 'configmaps'), sly, moments[0] ?? 0)).toBeUndefined();
});

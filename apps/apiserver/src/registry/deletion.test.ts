import { kindRegistry, type KindDefinition, type KubeObject } from '@rhythm/api';
import { formatTime } from '@rhythm/base';
import { describe, expect, test } from 'vitest';
import { isFinished, planDeletion } from './deletion.ts';

const kindOf = (resource: string): KindDefinition => kindRegistry.byResource('', 'v1', resource) as KindDefinition;
const pods = kindOf('pods');
const configMaps = kindOf('configmaps');
const namespaces = kindOf('namespaces');
const now = 1_700_000_000_000;

const pod = (more: object = {}, metadata: object = {}): KubeObject => ({ metadata: { name: 'p', uid: 'u', resourceVersion: '5', generation: 1, ...metadata }, spec: { nodeName: 'n1', terminationGracePeriodSeconds: 20 }, ...more }) as KubeObject;

describe('pods', () => {
  test('get their own grace', () => {
    const plan = planDeletion(pods, pod(), {}, now);
    expect(plan.action === 'mark' && plan.object.metadata).toMatchObject({ deletionTimestamp: formatTime(now + 20_000), deletionGracePeriodSeconds: 20, generation: 2 });
  });

  test.each([
    ['grace 0', pod(), { gracePeriodSeconds: 0 }],
    ['not scheduled', pod({ spec: {} }), {}],
    ['succeeded', pod({ status: { phase: 'Succeeded' } }), {}],
    ['failed', pod({ status: { phase: 'Failed' } }), { gracePeriodSeconds: 30 }],
  ])('go at once: %s', (_why, object, options) => {
    expect(planDeletion(pods, object, options, now).action).toBe('remove');
  });

  test('a deletion under way can be hastened, never slowed', () => {
    const deleting = (): KubeObject => pod({}, { deletionTimestamp: formatTime(now + 20_000), deletionGracePeriodSeconds: 20 });
    expect(planDeletion(pods, deleting(), { gracePeriodSeconds: 60 }, now).action).toBe('keep');
    expect(planDeletion(pods, deleting(), {}, now).action).toBe('keep');
    const sooner = planDeletion(pods, deleting(), { gracePeriodSeconds: 5 }, now);
    expect(sooner.action === 'mark' && sooner.object.metadata).toMatchObject({ deletionTimestamp: formatTime(now + 5_000), deletionGracePeriodSeconds: 5 });
    expect(planDeletion(pods, deleting(), { gracePeriodSeconds: 0 }, now).action).toBe('remove');
  });

  test('a negative grace is one second', () => {
    const plan = planDeletion(pods, pod(), { gracePeriodSeconds: -1 }, now);
    expect(plan.action === 'mark' && plan.object.metadata.deletionGracePeriodSeconds).toBe(1);
  });
});

describe('finalizers', () => {
  const map = (finalizers?: string[]): KubeObject => ({ metadata: { name: 'c', uid: 'u', ...(finalizers === undefined ? {} : { finalizers }) } });

  test('without any, the object goes', () => expect(planDeletion(configMaps, map(), {}, now).action).toBe('remove'));
  test('with one, it waits', () => {
    const plan = planDeletion(configMaps, map(['x/y']), {}, now);
    expect(plan.action === 'mark' && plan.object.metadata).toMatchObject({ deletionTimestamp: formatTime(now), deletionGracePeriodSeconds: 0 });
  });
  test.each([
    ['Foreground', ['orphan'], ['foregroundDeletion']],
    ['Orphan', ['foregroundDeletion', 'x/y'], ['x/y', 'orphan']],
  ])('%s is said to the garbage collector', (propagationPolicy, before, after) => {
    const plan = planDeletion(configMaps, map(before), { propagationPolicy }, now);
    expect(plan.action === 'mark' && plan.object.metadata.finalizers).toEqual(after);
  });
  test('Background takes the others back', () => expect(planDeletion(configMaps, map(['orphan']), { propagationPolicy: 'Background' }, now).action).toBe('remove'));
  test('orphanDependents is the older way to say it', () => {
    const plan = planDeletion(configMaps, map(), { orphanDependents: true }, now);
    expect(plan.action === 'mark' && plan.object.metadata.finalizers).toEqual(['orphan']);
  });
  test('an update that takes the last one away finishes the deletion', () => {
    const deleting = { ...map(), metadata: { name: 'c', deletionTimestamp: formatTime(now), deletionGracePeriodSeconds: 0 } };
    expect(isFinished(configMaps, deleting)).toBe(true);
    expect(isFinished(configMaps, { metadata: { ...deleting.metadata, finalizers: ['x'] } })).toBe(false);
    expect(isFinished(configMaps, map())).toBe(false);
  });
});

test('a namespace waits for its own finalizers', () => {
  const namespace = { metadata: { name: 'n' }, spec: { finalizers: ['kubernetes'] }, status: { phase: 'Active' } } as KubeObject;
  const plan = planDeletion(namespaces, namespace, {}, now);
  expect(plan.action).toBe('mark');
  expect(plan.action === 'mark' && plan.object).toMatchObject({ status: { phase: 'Terminating' }, metadata: { deletionTimestamp: formatTime(now) } });
  expect(isFinished(namespaces, plan.action === 'mark' ? plan.object : namespace)).toBe(false);
});

test.each([{ uid: 'other' }, { resourceVersion: '4' }])('the precondition %j is a conflict', (preconditions) => {
  expect(() => planDeletion(pods, pod(), { preconditions }, now)).toThrow('Precondition failed');
});

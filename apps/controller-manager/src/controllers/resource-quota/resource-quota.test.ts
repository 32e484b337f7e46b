import { resources, type KubeObject, type TypedResource } from '@rhythm/api';
import type { CustomResourceDefinition } from '@rhythm/api/types/apiextensions-v1';
import type { Pod, ResourceQuota, ResourceQuotaStatus, Service } from '@rhythm/api/types/core-v1';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { rig, type Rig } from '../../testing.ts';
import { planQuota } from './plan.ts';
import { startResourceQuota } from './reconcile.ts';

let r: Rig;
beforeEach(async () => {
  r = await rig(startResourceQuota);
});
afterEach(() => r.stop());

const quota = (hard: Record<string, string>, more: object = {}): ResourceQuota => ({ metadata: { name: 'q', namespace: 'default' }, spec: { hard, ...more } }) as ResourceQuota;
const pod = (name: string, cpu: string, more: object = {}): Pod => ({ metadata: { name, namespace: 'default' }, spec: { containers: [{ name: 'c', resources: { requests: { cpu } } }], ...more } }) as unknown as Pod;
const statusNow = (): ResourceQuotaStatus | undefined => r.client.peek(resources.resourceQuotas, 'default', 'q')?.status;
const usedNow = (): object | undefined => statusNow()?.used;
const current = (): ResourceQuota => r.client.peek(resources.resourceQuotas, 'default', 'q') as ResourceQuota;
async function create(object: ResourceQuota): Promise<void> {
  await r.client.create(resources.resourceQuotas, 'default', object);
  await r.settle(200);
}
/** What admission does when it lets something through. */
const charge = (used: Record<string, string>): Promise<unknown> => r.client.update(resources.resourceQuotas, { ...current(), status: { ...current().status, used } }, { subresource: 'status' });

test('a new quota says at once what is used, in the namespace and of what it limits', async () => {
  await r.client.create(resources.pods, 'default', pod('a', '500m'));
  await r.client.create(resources.pods, 'other', { ...pod('b', '1'), metadata: { name: 'b', namespace: 'other' } });
  await create(quota({ pods: '3', 'requests.cpu': '2', secrets: '1', 'example.com/unheard-of': '4' }));
  expect(statusNow()).toEqual({ hard: { pods: '3', 'requests.cpu': '2', secrets: '1', 'example.com/unheard-of': '4' }, used: { pods: '1', 'requests.cpu': '500m', secrets: '0' } });
});

test('what goes away, ends or shrinks is free again; another limit counts anew', async () => {
  await create(quota({ pods: '3', 'count/pods': '5', 'services.nodeports': '4' }));
  await r.client.create(resources.pods, 'default', pod('a', '1'));
  await r.client.create(resources.pods, 'default', pod('b', '1'));
  const service = await r.client.create(resources.services, 'default', { metadata: { name: 's', namespace: 'default' }, spec: { type: 'NodePort', ports: [{ port: 80 }] } } as Service);
  await r.settle(700);
  expect(usedNow()).toEqual({ pods: '2', 'count/pods': '2', 'services.nodeports': '1' });
  r.client.remove(resources.pods, 'default', 'a');
  const b = r.client.peek(resources.pods, 'default', 'b') as Pod;
  await r.client.update(resources.pods, { ...b, status: { phase: 'Succeeded' } } as Pod, { subresource: 'status' });
  await r.client.update(resources.services, { ...service, spec: { ...service.spec, type: 'ClusterIP' } });
  await r.settle(700);
  expect(usedNow()).toEqual({ pods: '0', 'count/pods': '1', 'services.nodeports': '0' });
  await r.client.update(resources.resourceQuotas, { ...current(), spec: { hard: { configmaps: '1' } } });
  await r.settle(700);
  expect(statusNow()).toEqual({ hard: { configmaps: '1' }, used: { configmaps: '0' } });
});

test('somebody else\'s status is set right', async () => {
  await create(quota({ pods: '3' }));
  await r.client.update(resources.resourceQuotas, { ...current(), status: { hard: { pods: '99' }, used: { pods: '0' } } }, { subresource: 'status' });
  await r.settle(2_000);
  expect(statusNow()?.hard).toEqual({ pods: '99' });
  await r.settle(10_000);
  expect(statusNow()?.hard).toEqual({ pods: '3' });
});

test('a charge stands until what it is for can be seen; one for nothing is taken back', async () => {
  await create(quota({ pods: '3' }));
  await charge({ pods: '2' });
  await r.settle(100);
  await r.client.create(resources.pods, 'default', pod('a', '1'));
  await r.settle(200);
  expect(usedNow()).toEqual({ pods: '2' });
  await r.settle(800);
  expect(usedNow()).toEqual({ pods: '1' });
});

test('custom resources are counted from when they are there', async () => {
  const widgets: TypedResource = { group: 'example.com', version: 'v1', resource: 'widgets', kind: 'Widget', namespaced: true };
  await create(quota({ 'count/widgets.example.com': '2' }));
  expect(usedNow()).toEqual({});
  r.client.seed(resources.customResourceDefinitions, {
    metadata: { name: 'widgets.example.com' },
    spec: { group: 'example.com', scope: 'Namespaced', names: { plural: 'widgets', kind: 'Widget' }, versions: [{ name: 'v1', served: true, storage: true }] },
    status: { conditions: [{ type: 'Established', status: 'True' }] },
  } as unknown as CustomResourceDefinition);
  await r.settle(300);
  expect(usedNow()).toEqual({ 'count/widgets.example.com': '0' });
  await r.client.create(widgets, 'default', { metadata: { name: 'w', namespace: 'default' } } as KubeObject);
  await r.settle(700);
  expect(usedNow()).toEqual({ 'count/widgets.example.com': '1' });
});

test('a pod that should be gone is free at the next look', async () => {
  await create(quota({ pods: '1' }));
  r.client.seed(resources.pods, { ...pod('a', '1'), metadata: { name: 'a', namespace: 'default', deletionTimestamp: '2023-11-14T22:13:20Z', deletionGracePeriodSeconds: 60 } });
  await r.settle(700);
  expect(usedNow()).toEqual({ pods: '1' });
  await r.settle(6 * 60_000);
  expect(usedNow()).toEqual({ pods: '0' });
});

describe('the plan', () => {
  const written = { ...quota({ pods: '2' }), status: { hard: { pods: '2' }, used: { pods: '2' } } };
  test.each([
    ['less, freshly charged', '1', true, { isUnsettled: true }],
    ['less', '1', false, { isUnsettled: false, status: { hard: { pods: '2' }, used: { pods: '1' } } }],
    ['more, freshly charged', '3', true, { isUnsettled: false, status: { hard: { pods: '2' }, used: { pods: '3' } } }],
    ['as much', '2', false, { isUnsettled: false }],
  ])('%s', (_what, pods, isFresh, plan) => {
    expect(planQuota(written, new Map([['pods', { nano: BigInt(pods) * 1_000_000_000n, format: 'decimal-si' }]]), isFresh)).toEqual(plan);
  });
});

import { resources } from '@rhythm/api';
import type { Pod, Service, ServiceSpec } from '@rhythm/api/types/core-v1';
import { expect, test } from 'vitest';
import { rig } from '../../testing.ts';
import { startEndpoints } from '../endpoints/reconcile.ts';
import { planEndpointSlices } from './plan.ts';
import { startEndpointSlice } from './reconcile.ts';

const service = (spec: Partial<ServiceSpec> = {}): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace: 'default', uid: 'svc' },
  spec: { clusterIP: '10.43.0.5', selector: { app: 'web' }, ports: [{ name: 'http', protocol: 'TCP', port: 80, targetPort: 'web' }], ...spec },
  status: { loadBalancer: {} },
});

function pod(name: string, options: { port?: number; ready?: boolean; ip?: string; labels?: Record<string, string>; phase?: string; deleting?: boolean } = {}): Pod {
  const ports = [{ name: 'web', containerPort: options.port ?? 8080, protocol: 'TCP' }];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', uid: `uid-${name}`, labels: options.labels ?? { app: 'web' }, ...(options.deleting === true ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}) },
    spec: { nodeName: 'n1', containers: [{ name: 'c', image: 'x', resources: {}, ports }] } as unknown as Pod['spec'],
    status: { phase: options.phase ?? 'Running', podIP: options.ip ?? `10.42.0.${name.length}`, conditions: [{ type: 'Ready', status: options.ready === false ? 'False' : 'True' }] },
  };
}

const noNode = (): undefined => undefined;

test('a service without pods has one empty slice', () => {
  const plan = planEndpointSlices(service(), [], [], noNode);
  expect(plan.create).toMatchObject([{ endpoints: [], ports: [], addressType: 'IPv4' }]);
});

test('named ports group the pods by number', () => {
  const plan = planEndpointSlices(service(), [pod('a'), pod('bb', { port: 9090 })], [], noNode);
  expect(plan.create.map((s) => s.ports?.[0]?.port)).toEqual([8080, 9090]);
});

test('conditions follow readiness and deletion; finished pods and others are left out', () => {
  const pods = [pod('a'), pod('bb', { ready: false }), pod('ccc', { deleting: true }), pod('dddd', { phase: 'Succeeded' }), pod('eeeee', { labels: { app: 'x' } }), pod('ffffff', { ip: '' })];
  const plan = planEndpointSlices(service(), pods, [], noNode);
  expect(plan.create[0]?.endpoints.map((e) => e.conditions)).toEqual([
    { ready: true, serving: true, terminating: false },
    { ready: false, serving: false, terminating: false },
    { ready: false, serving: true, terminating: true },
  ]);
});

test('a slice that fits is not written; a full one is left and another begun', () => {
  const pods = Array.from({ length: 100 }, (_, i) => pod(`p${i}`, { ip: `10.42.1.${i}` }));
  const first = planEndpointSlices(service(), pods, [], noNode).create[0];
  const existing = { ...first, metadata: { ...first?.metadata, name: 'web-1' } } as NonNullable<typeof first>;
  expect(planEndpointSlices(service(), pods, [existing], noNode)).toEqual({ create: [], update: [], delete: [] });
  const plan = planEndpointSlices(service(), [...pods, pod('new', { ip: '10.42.2.1' })], [existing], noNode);
  expect([plan.create.length, plan.update.length, plan.create[0]?.endpoints.length]).toEqual([1, 0, 1]);
});

test('slices and endpoints follow pods, and go with the service', async () => {
  const r = await rig(startEndpointSlice, startEndpoints);
  await r.client.create(resources.services, 'default', service());
  r.client.seed(resources.pods, pod('a'));
  await r.settle();
  const slices = r.client.all(resources.endpointSlices, 'default');
  expect(slices.map((s) => s.endpoints.map((e) => e.addresses[0]))).toEqual([['10.42.0.1']]);
  expect(r.client.peek(resources.endpoints, 'default', 'web')?.subsets).toMatchObject([{ addresses: [{ ip: '10.42.0.1' }], ports: [{ name: 'http', port: 8080, protocol: 'TCP' }] }]);
  r.client.seed(resources.pods, pod('a', { ready: false }));
  await r.settle();
  expect(r.client.peek(resources.endpoints, 'default', 'web')?.subsets).toMatchObject([{ notReadyAddresses: [{ ip: '10.42.0.1' }] }]);
  r.client.clearCalls();
  await r.settle(1000);
  expect(r.client.writes()).toEqual([]);
  await r.client.delete(resources.services, 'default', 'web');
  await r.settle();
  expect(r.client.all(resources.endpointSlices, 'default')).toEqual([]);
  expect(r.client.peek(resources.endpoints, 'default', 'web')).toBeUndefined();
  await r.stop();
});

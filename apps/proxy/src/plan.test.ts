import type { Service, ServiceSpec } from '@rhythm/api/types/core-v1';
import type { Endpoint, EndpointSlice } from '@rhythm/api/types/discovery-v1';
import { expect, test } from 'vitest';
import { isIPv4, planProxy } from './plan.ts';

const service = (spec: Partial<ServiceSpec> = {}): Service => ({
  metadata: { name: 'web', namespace: 'default' },
  spec: { clusterIP: '10.43.0.5', clusterIPs: ['10.43.0.5'], ports: [{ name: 'http', protocol: 'TCP', port: 80, targetPort: 8080 }], ...spec },
  status: { loadBalancer: {} },
});

const slice = (endpoints: Endpoint[]): EndpointSlice => ({
  metadata: { name: 'web-1', namespace: 'default', labels: { 'kubernetes.io/service-name': 'web' } },
  addressType: 'IPv4',
  endpoints,
  ports: [{ name: 'http', protocol: 'TCP', port: 8080 }],
});

const ready = (ip: string, nodeName = 'n1'): Endpoint => ({ addresses: [ip], conditions: { ready: true, serving: true }, nodeName });

test('a port goes to the ready endpoints, in a fixed order', () => {
  const plan = planProxy([service()], [slice([ready('10.42.0.9'), ready('10.42.0.2'), { addresses: ['10.42.0.3'], conditions: { ready: false } }])], 'n1');
  expect(plan.services[0]).toMatchObject({ name: 'default/web:http', protocol: 'tcp', port: 80 });
  expect(plan.services[0]?.backends).toEqual([
    { ip: '10.42.0.2', port: 8080 },
    { ip: '10.42.0.9', port: 8080 },
  ]);
});

test('terminating endpoints serve while there is no other', () => {
  const leaving: Endpoint = { addresses: ['10.42.0.7'], conditions: { ready: false, serving: true, terminating: true } };
  expect(planProxy([service()], [slice([leaving])], 'n1').services[0]?.backends).toHaveLength(1);
  expect(planProxy([service()], [slice([leaving, ready('10.42.0.2')])], 'n1').services[0]?.backends).toEqual([{ ip: '10.42.0.2', port: 8080 }]);
});

test('local policies keep to this node', () => {
  const endpoints = [ready('10.42.0.2', 'n1'), ready('10.42.1.2', 'n2')];
  const plan = planProxy([service({ internalTrafficPolicy: 'Local', externalTrafficPolicy: 'Cluster' })], [slice(endpoints)], 'n2');
  expect(plan.services[0]?.backends).toEqual([{ ip: '10.42.1.2', port: 8080 }]);
  expect(plan.services[0]?.externalBackends).toHaveLength(2);
});

test('headless and external names have no rules', () => {
  expect(planProxy([service({ clusterIP: 'None', clusterIPs: ['None'] })], [], 'n1').services).toEqual([]);
  expect(planProxy([service({ type: 'ExternalName' })], [], 'n1').services).toEqual([]);
});

test.each(['1.2.3', '1.2.3.4.5', '01.2.3.4', '1.2.3.256', '1.2.3.4; flush ruleset', 'fd00::1'])('%s is no IPv4 address', (text) => {
  expect(isIPv4(text)).toBe(false);
});

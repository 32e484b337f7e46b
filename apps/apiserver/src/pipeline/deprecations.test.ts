import { kindRegistry } from '@rhythm/api';
import { expect, test } from 'vitest';
import { testApi } from '../testing.ts';
import { deprecationOf } from './deprecations.ts';

test('only the kinds that Kubernetes warns of are warned of', () => {
  const warned = kindRegistry.kinds.map(deprecationOf).filter((text) => text !== undefined);
  expect(warned.sort()).toEqual(['v1 ComponentStatus is deprecated in v1.19+', 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice']);
});

test('what a kind has to say about an object comes with the answer', async () => {
  const api = testApi();
  const service = (sessionAffinity: string): object => ({ apiVersion: 'v1', kind: 'Service', metadata: { name: 's' }, spec: { clusterIP: 'None', clusterIPs: ['None'], ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack', sessionAffinity, ports: [{ port: 80 }] } });
  const made = await api.respond('create', 'v1/ns/default/services', service('ClientIP'));
  expect(made).toMatchObject({ code: 201, warnings: ['spec.SessionAffinity is ignored for headless services'] });
  await api.stop();
});

import type { APIService } from '@rhythm/api/types/apiregistration-v1';
import type { Service } from '@rhythm/api/types/core-v1';
import type { EndpointSlice } from '@rhythm/api/types/discovery-v1';
import { MetricsRegistry } from '@rhythm/telemetry';
import { describe, expect, test } from 'vitest';
import { frontProxyHeadersByDefault } from '../auth/index.ts';
import { wantedData } from './authentication-config.ts';
import { serviceFault } from './availability.ts';
import { listOfResources, resourcesOfAggregated, resourcesOfList } from './discovery-documents.ts';
import { identityHeaders } from './identity-headers.ts';
import { checkPlain, groupVersionOf, plainQuery, remoteRequest } from './request-path.ts';
import { availabilityMetrics } from './availability-metrics.ts';

describe('identity headers', () => {
  test('say all that is known of a user, in bytes that headers can hold', () => {
    const headers = identityHeaders({ name: 'Zoë', uid: '7', groups: ['a', 'b'], extra: { 'acme.com/Team': ['x', 'y'], empty: [] } });
    expect({ ...headers }).toEqual({ 'x-remote-user': [Buffer.from('Zoë').toString('latin1')], 'x-remote-uid': ['7'], 'x-remote-group': ['a', 'b'], 'x-remote-extra-acme.com%2Fteam': ['x', 'y'] });
  });

  test('lose nothing of keys that differ in case alone', () => {
    expect({ ...identityHeaders({ name: 'a', groups: [], extra: { Team: ['x'], team: ['y'] } }) }).toEqual({ 'x-remote-user': ['a'], 'x-remote-extra-team': ['x', 'y'] });
  });

  test.each(['a\r\nX-Remote-Group: system:masters', 'a\u0000', 'a\u007f'])('%j is not said', (name) => {
    expect(() => identityHeaders({ name, groups: [] })).toThrow('cannot be passed on in a header');
    expect(() => identityHeaders({ name: 'a', groups: [name] })).toThrow('cannot be passed on in a header');
  });
});

describe('paths', () => {
  test.each([
    ['/apis/g/v1', { group: 'g', version: 'v1', isResource: false }],
    ['/apis/g/v1/', { group: 'g', version: 'v1', isResource: false }],
    ['/apis/g/v1/things', { group: 'g', version: 'v1', isResource: true }],
    ['/api/v1', { group: '', version: 'v1', isResource: false }],
    ['/apis/g', undefined],
    ['/openapi/v3/apis/g/v1', undefined],
  ])('%s lies in %j', (path, expected) => expect(groupVersionOf(path)).toEqual(expected));

  test.each(['/apis/g/v1/namespaces/a%2Fb/things', '/apis/g/v1/things/..', '/apis/g/v1/things/%2e%2E/x', '/apis/g/v1//things', '/apis/g/v1/things/a%00', '/apis/g/v1/things/a%252f', '/apis/g/v1/%6eamespaces/a/things/b%2fc', '/apis/g/v1/namespaces/a/things/b/status%2fx', '/apis/g/v1/watch/namespaces/a/things/b/c/d%2fe'])('%s could mean two things', (path) => {
    expect(() => checkPlain(path)).toThrow();
  });

  test.each(['/apis/g/v1/things/', '/apis/g/v1/namespaces/a/things/b/proxy/x%2fy//z', '/apis/g/v1/things/a:b'])('%s means one', (path) => expect(() => checkPlain(path)).not.toThrow());
});

describe('queries', () => {
  test.each([
    ['watch=true&fieldSelector=metadata.name%3Da', 'watch=true&fieldSelector=metadata.name%3Da'],
    ['watch=%zz&a=1', 'a=1'],
    ['a=1;watch=1&b=2', 'b=2'],
    ['watch=1%', ''],
  ])('%s is read as %s', (raw, expected) => expect(plainQuery(raw)).toBe(expected));

  const path = { group: 'g', version: 'v1', namespace: 'n', resource: 'things', name: '', subresource: '', watch: false, tail: '' } as Parameters<typeof remoteRequest>[3];
  test.each([['watch=1', 'watch'], ['watch', 'watch'], ['watch=False', 'list'], ['watch=0', 'list'], ['watch=FALSE&watch=true', 'list'], ['watch=true&watch=false', 'watch'], ['', 'list']])('%s is a %s, as other servers see it', (query, verb) => {
    expect(remoteRequest({ header: () => undefined }, { header: () => undefined, headersWith: () => [] }, 'GET', path, query, new AbortController().signal).verb).toBe(verb);
  });
});

test('monitoring is told which APIServices cannot be used, as long as they are there', async () => {
  const metrics = new MetricsRegistry();
  const object = (name: string, status: string): APIService => ({ metadata: { name }, spec: {}, status: { conditions: [{ type: 'Available', status }] } }) as unknown as APIService;
  const table = { all: [object('v1.a', 'True'), object('v1.b', 'False')] };
  const count = availabilityMetrics(metrics, table);
  count('v1.b', 'FailedDiscoveryCheck');
  const text = await metrics.render();
  expect(text).toContain('aggregator_unavailable_apiservice{name="v1.a"} 0\naggregator_unavailable_apiservice{name="v1.b"} 1\n');
  expect(text).toContain('aggregator_unavailable_apiservice_total{name="v1.b",reason="FailedDiscoveryCheck"} 1');
  table.all = table.all.slice(0, 1);
  expect(await metrics.render()).not.toContain('aggregator_unavailable_apiservice{name="v1.b"}');
});

test('what servers authenticate by keeps what other servers put there, and what was no list is none', () => {
  const pem = (text: string): string => `-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----`;
  const frontProxy = { ca: pem('P'), allowedNames: ['me'], ...frontProxyHeadersByDefault };
  const found = { 'client-ca-file': `${pem('OLD')}\n${pem('C')}\n`, 'requestheader-allowed-names': '["other"]', 'requestheader-username-headers': 'nonsense', more: 'x' };
  const data = wantedData({ clientCa: pem('C'), frontProxy }, found);
  expect(data).toMatchObject({ 'client-ca-file': `${pem('C')}\n${pem('OLD')}\n`, 'requestheader-allowed-names': '["me","other"]', 'requestheader-username-headers': '["X-Remote-User"]', more: 'x' });
  expect(wantedData({ clientCa: pem('C'), frontProxy }, data)).toEqual(data);
  expect(wantedData({ clientCa: pem('C'), frontProxy: { ...frontProxy, allowedNames: [] } }, data)['requestheader-allowed-names']).toBe('[]');
  expect(Object.keys(wantedData({ clientCa: pem('C') }, {}))).toEqual(['client-ca-file']);
});

describe('faults of a Service', () => {
  const wanted = { serviceNamespace: 'n', serviceName: 's', port: 443 };
  const service = (type?: string): Service => ({ metadata: {}, spec: { ...(type === undefined ? {} : { type }), ports: [{ name: 'https', port: 443 }] } }) as unknown as Service;
  const slice = (name: string, ready: boolean | undefined): EndpointSlice => ({ metadata: {}, addressType: 'IPv4', ports: [{ name, port: 1 }], endpoints: [{ addresses: ['192.0.2.1'], conditions: ready === undefined ? {} : { ready } }] });

  test.each([
    ['no service', undefined, [], 'ServiceNotFound'],
    ['no endpoint slices', service(), [], 'EndpointsNotFound'],
    ['endpoints of another port', service(), [slice('other', true)], 'MissingEndpoints'],
    ['none ready', service(), [slice('https', false)], 'MissingEndpoints'],
    ['readiness unknown', service(), [slice('https', undefined)], undefined],
    ['an ExternalName, which has none', service('ExternalName'), [], undefined],
  ])('%s', (_what, found, slices, reason) => expect(serviceFault(wanted, found, slices)?.reason).toBe(reason));

  test('a port that it does not have', () => expect(serviceFault({ ...wanted, port: 1 }, service(), [])).toEqual({ status: 'False', reason: 'ServicePortError', message: 'service/s in "n" is not listening on port 1' }));
});

describe('discovery documents', () => {
  const list = { kind: 'APIResourceList', resources: [{ name: 'as', singularName: 'a', namespaced: true, kind: 'A', verbs: ['get'] }, { name: 'as/scale', kind: 'Scale', group: 'autoscaling', version: 'v1', verbs: ['update'] }, { name: 'gone/status', kind: 'G', verbs: [] }] };

  test('the older form becomes the aggregated one', () => {
    expect(resourcesOfList(list, 'g', 'v1')).toEqual([
      { resource: 'as', responseKind: { group: 'g', version: 'v1', kind: 'A' }, scope: 'Namespaced', singularResource: 'a', verbs: ['get'], subresources: [{ subresource: 'scale', responseKind: { group: 'autoscaling', version: 'v1', kind: 'Scale' }, verbs: ['update'] }] },
    ]);
    expect(listOfResources(resourcesOfList(list, 'g', 'v1'), 'g', 'v1')).toMatchObject({ groupVersion: 'g/v1', resources: [{ name: 'as', namespaced: true, kind: 'A' }] });
  });

  test('what is no document is refused, and what is odd in one is left out', () => {
    expect(() => resourcesOfList({ kind: 'Status' }, 'g', 'v1')).toThrow('it is no APIResourceList');
    expect(() => resourcesOfAggregated([])).toThrow('it is no APIGroupDiscoveryList');
    const odd = { kind: 'APIGroupDiscoveryList', items: [null, { metadata: { name: 'g' }, versions: [{ version: 'v1', resources: [{ resource: 'as', verbs: ['get', 7], scope: 'x', shortNames: 'a' }, 'b', {}] }] }] };
    expect(resourcesOfAggregated(odd).get('g/v1')).toEqual([{ resource: 'as', scope: 'Cluster', singularResource: '', verbs: ['get'] }]);
  });
});

import { expect, test } from 'vitest';
import { parseResourcePath, verbOf } from './path.ts';

test.each([
  ['/api/v1/pods', { group: '', version: 'v1', namespace: '', resource: 'pods', name: '' }],
  ['/api/v1/namespaces/a/pods/b/log', { namespace: 'a', resource: 'pods', name: 'b', subresource: 'log' }],
  ['/api/v1/namespaces', { resource: 'namespaces', name: '', namespace: '' }],
  ['/api/v1/namespaces/a', { resource: 'namespaces', name: 'a', namespace: '' }],
  ['/api/v1/namespaces/a/finalize', { resource: 'namespaces', name: 'a', subresource: 'finalize' }],
  ['/api/v1/namespaces/a/status', { resource: 'namespaces', name: 'a', subresource: 'status' }],
  ['/apis/apps/v1/namespaces/a/deployments/web/scale', { group: 'apps', version: 'v1', namespace: 'a', resource: 'deployments', name: 'web', subresource: 'scale' }],
  ['/api/v1/watch/namespaces/a/pods', { namespace: 'a', resource: 'pods', watch: true }],
  ['/api/v1/nodes/n/proxy/metrics/cadvisor', { resource: 'nodes', name: 'n', subresource: 'proxy', tail: 'metrics/cadvisor' }],
  ['/api/v1/namespaces/a/services/x%3Ay', { name: 'x:y' }],
])('%s', (path, expected) => {
  expect(parseResourcePath(path)).toMatchObject(expected);
});

test.each(['/', '/api', '/api/v1', '/apis', '/apis/apps', '/apis/apps/v1', '/healthz', '/version'])('%s is no resource', (path) => {
  expect(parseResourcePath(path)).toBeUndefined();
});

test.each([
  ['GET', 'a', false, 'get'],
  ['GET', '', false, 'list'],
  ['GET', '', true, 'watch'],
  ['HEAD', 'a', false, 'get'],
  ['DELETE', '', false, 'deletecollection'],
  ['DELETE', 'a', false, 'delete'],
])('%s on name %j with watch %s is %s', (method, name, watch, verb) => {
  expect(verbOf(method, { name, watch: false }, watch)).toBe(verb);
});

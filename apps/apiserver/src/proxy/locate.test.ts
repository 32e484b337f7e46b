import type { KubeObject } from '@rhythm/api';
import { seededRandom } from '@rhythm/base';
import { expect, test } from 'vitest';
import { MemoryObjects } from '../auth/memory-objects.ts';
import { isProxyableAddress } from './addresses.ts';
import { locate } from './locate.ts';
import { parseTargetName } from './target-name.ts';

const objects = new MemoryObjects();
const ports = { reader: objects, random: seededRandom(3) };
const put = (group: string, resource: string, object: object): void => objects.put(group, resource, object as KubeObject);
const pod = (name: string, podIP: string | undefined, containerPort?: number): void =>
  put('', 'pods', { metadata: { name, namespace: 'a' }, spec: { containers: [{ name: 'side' }, { name: 'main', ...(containerPort === undefined ? {} : { ports: [{ containerPort }] }) }] }, status: podIP === undefined ? {} : { podIP, podIPs: [{ ip: podIP }] } });
const slice = (service: string, endpoints: readonly object[], slicePorts: readonly object[] = [{ name: 'web', port: 8080 }]): void =>
  put('discovery.k8s.io', 'endpointslices', { metadata: { name: `${service}-1`, namespace: 'a', labels: { 'kubernetes.io/service-name': service } }, endpoints, ports: slicePorts });
const endpoint = (address: string, name: string, ready = true): object => ({ addresses: [address], conditions: { ready }, targetRef: { kind: 'Pod', name } });

pod('p', '10.1.0.5', 8080);
pod('q', '10.1.0.6');
pod('young', undefined);
pod('metadata', '169.254.169.254', 80);
pod('home', '127.0.0.1', 80);
put('', 'nodes', { metadata: { name: 'n' }, status: { addresses: [{ type: 'InternalIP', address: '10.0.0.1' }], daemonEndpoints: { kubeletEndpoint: { Port: 10250 } } } });
put('', 'nodes', { metadata: { name: 'new' }, status: {} });
for (const name of ['web', 'empty', 'liar', 'gone', 'slow']) put('', 'services', { metadata: { name, namespace: 'a' }, spec: { ports: [{ name: 'web', port: 80 }] } });
put('', 'services', { metadata: { name: 'plain', namespace: 'a' }, spec: { ports: [{ port: 80 }] } });
slice('web', [endpoint('10.1.0.5', 'p')]);
slice('plain', [endpoint('10.1.0.6', 'q')], [{ name: '', port: 9000 }]);
// Made by somebody who wants this server to call another place than a pod of this namespace.
slice('liar', [endpoint('10.9.9.9', 'p'), { addresses: ['10.0.0.1'], conditions: { ready: true } }, endpoint('127.0.0.1', 'home'), endpoint('10.1.0.5', 'nobody')]);
slice('slow', [endpoint('10.1.0.5', 'p', false)]);

const found = (resource: string, name: string): Promise<string> => Promise.resolve().then(() => locate(ports, resource, 'a', name)).then((t) => `${t.scheme}://${t.address}:${t.port}${t.nodeName === undefined ? '' : ` as ${t.nodeName}`}`);

test.each([
  ['pods', 'p', 'http://10.1.0.5:8080'],
  ['pods', 'p:81', 'http://10.1.0.5:81'],
  ['pods', 'https:p:', 'https://10.1.0.5:8080'],
  ['pods', 'q', 'http://10.1.0.6:80'],
  ['pods', 'https:q:', 'https://10.1.0.6:443'],
  ['services', 'web:web', 'http://10.1.0.5:8080'],
  ['services', 'web:80', 'http://10.1.0.5:8080'],
  ['services', 'https:web:80', 'https://10.1.0.5:8080'],
  ['services', 'plain', 'http://10.1.0.6:9000'],
  ['nodes', 'n', 'https://10.0.0.1:10250 as n'],
  ['nodes', 'n:10250', 'https://10.0.0.1:10250 as n'],
])('%s %s is at %s', async (resource, name, expected) => {
  expect(await found(resource, name)).toBe(expected);
});

test.each([
  ['pods', 'ftp:p:80', 'BadRequest', 'invalid pod request "ftp:p:80"'],
  ['pods', 'p:80:x:y', 'BadRequest', 'invalid pod request'],
  ['pods', 'a/b', 'BadRequest', 'invalid pod request'],
  ['pods', '__proto__', 'BadRequest', 'invalid pod request'],
  ['pods', 'p:web', 'BadRequest', 'the port of a pod is a number'],
  ['pods', 'p:0', 'BadRequest', 'the port of a pod is a number'],
  ['pods', 'p:70000', 'BadRequest', 'the port of a pod is a number'],
  ['pods', 'nobody', 'NotFound', 'pods "nobody" not found'],
  ['pods', 'young', 'BadRequest', 'address not allowed'],
  ['pods', 'home', 'BadRequest', 'address not allowed'],
  ['pods', 'metadata', 'BadRequest', 'address not allowed'],
  ['services', 'nothing', 'NotFound', 'services "nothing" not found'],
  ['services', 'empty:web', 'ServiceUnavailable', 'no endpoints available for service "empty"'],
  ['services', 'web', 'ServiceUnavailable', 'no endpoints available for service "web"'],
  ['services', 'web:81', 'ServiceUnavailable', 'no service port 81 found for service "web"'],
  ['services', 'liar:web', 'ServiceUnavailable', 'no endpoints available for service "liar"'],
  ['services', 'slow:web', 'ServiceUnavailable', 'no endpoints available for service "slow"'],
  ['nodes', 'n:22', 'BadRequest', "only the kubelet's own port"],
  ['nodes', 'new', 'ServiceUnavailable', 'has not said yet where its kubelet listens'],
  ['nodes', 'none', 'NotFound', 'nodes "none" not found'],
])('%s %s is refused: %s', async (resource, name, reason, message) => {
  await expect(found(resource, name)).rejects.toMatchObject({ reason, message: expect.stringContaining(message) });
});

test('a service of several pods is not always answered by the same', async () => {
  pod('r', '10.1.0.7');
  slice('web', [endpoint('10.1.0.5', 'p'), endpoint('10.1.0.7', 'r')]);
  const seen = new Set<string>();
  for (let call = 0; call < 20; call++) seen.add(await found('services', 'web:web'));
  expect([...seen].toSorted()).toEqual(['http://10.1.0.5:8080', 'http://10.1.0.7:8080']);
});

test.each(['127.0.0.1', '127.9.9.9', '0.0.0.0', '169.254.1.1', '224.0.0.1', '255.255.255.255', '::1', '::', 'fe80::1', 'ff02::1', '::ffff:127.0.0.1', '::ffff:a9fe:a9fe', 'localhost', '', '10.1', '0x7f.1'])('%s is no address to proxy to', (address) => {
  expect(isProxyableAddress(address)).toBe(false);
});

test('addresses of pods are', () => {
  for (const address of ['10.1.0.5', '192.168.3.4', '100.64.0.1', 'fd00::5']) expect(isProxyableAddress(address)).toBe(true);
});

test('names take three forms', () => {
  expect(parseTargetName('x')).toEqual({ scheme: 'http', name: 'x', port: '' });
  expect(parseTargetName('x:http-web')).toEqual({ scheme: 'http', name: 'x', port: 'http-web' });
  expect(parseTargetName(':x:80')).toEqual({ scheme: 'http', name: 'x', port: '80' });
  expect(parseTargetName('https:x:y')).toEqual({ scheme: 'https', name: 'x', port: 'y' });
  for (const bad of ['', ':', '::', 'X', 'x:y:z', '-x', 'x:8_0', 'constructor:80:80:80']) expect(parseTargetName(bad)).toBeUndefined();
});

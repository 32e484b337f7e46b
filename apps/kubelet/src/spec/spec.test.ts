import { describe, expect, test } from 'vitest';
import type { ConfigMap, Secret, Service } from '@rhythm/api/types/core-v1';
import { container, pod } from '../pod/fixtures.ts';
import { parseResolvConf, podDns } from './dns.ts';
import { fieldValue, resourceValue, UnresolvedError, type DownwardContext } from './downward.ts';
import { containerEnv, type References } from './env.ts';
import { expand } from './expand.ts';
import { hostsFile } from './hosts-file.ts';
import { containerResources, cpuQuota, cpuShares, podLimits } from './resources.ts';
import { containerSecurity, seccompProfile } from './security.ts';
import { serviceEnv } from './service-env.ts';

const context: DownwardContext = { podIps: ['10.0.0.1', 'fd00::1'], hostIps: ['192.0.2.1'], allocatable: { cpu: '4', memory: '8Gi' } };

describe('expand', () => {
  const lookup = (name: string): string | undefined => ({ A: 'a', EMPTY: '', 'with.dot': 'd' })[name];
  test.each([
    ['$(A)', 'a'],
    ['x$(A)y$(A)', 'xaya'],
    ['$(NOPE)', '$(NOPE)'],
    ['$$(A)', '$(A)'],
    ['$$$(A)', '$a'],
    ['$(EMPTY)|', '|'],
    ['$(with.dot)', 'd'],
    ['$(A', '$(A'],
    ['$A $', '$A $'],
    ['$(__proto__)', '$(__proto__)'],
    ['', ''],
  ])('%s', (text, expected) => {
    const own = (name: string): string | undefined => (Object.hasOwn({ A: 1, EMPTY: 1, 'with.dot': 1 }, name) ? lookup(name) : undefined);
    expect(expand(text, own)).toBe(expected);
  });
});

describe('downward fields', () => {
  const p = pod({ nodeName: 'n', serviceAccountName: 'sa' }, { metadata: { name: 'p', namespace: 'ns', uid: 'u', labels: { b: '2', a: 'x"y' }, annotations: { k: 'v' } } });
  test.each([
    ['metadata.name', 'p'],
    ['metadata.namespace', 'ns'],
    ['metadata.uid', 'u'],
    ["metadata.labels['b']", '2'],
    ["metadata.labels['none']", ''],
    ["metadata.labels['__proto__']", ''],
    ["metadata.annotations['k']", 'v'],
    ['metadata.labels', 'a="x\\"y"\nb="2"'],
    ['spec.nodeName', 'n'],
    ['spec.serviceAccountName', 'sa'],
    ['status.podIP', '10.0.0.1'],
    ['status.podIPs', '10.0.0.1,fd00::1'],
    ['status.hostIP', '192.0.2.1'],
  ])('%s', (path, expected) => expect(fieldValue(p, path, context)).toBe(expected));

  test('others are refused', () => expect(() => fieldValue(p, 'spec.containers', context)).toThrow(UnresolvedError));

  const c = container('a', { resources: { limits: { memory: '64Mi' }, requests: { cpu: '1500m' } } });
  test.each([
    [{ resource: 'limits.memory' }, '67108864'],
    [{ resource: 'limits.memory', divisor: '1Mi' }, '64'],
    [{ resource: 'requests.cpu' }, '2'],
    [{ resource: 'requests.cpu', divisor: '1m' }, '1500'],
    [{ resource: 'limits.cpu' }, '4'],
    [{ resource: 'requests.memory' }, '67108864'],
  ])('%j', (reference, expected) => expect(resourceValue(c, reference, context)).toBe(expected));
});

describe('environment', () => {
  const references: References = {
    configMap: (name) => (name === 'cm' ? ({ metadata: { name }, data: { key: 'from-map', 'a.b': 'dotted' } } as ConfigMap) : undefined),
    secret: (name) => (name === 'sec' ? ({ metadata: { name }, data: { pw: Buffer.from('geheim').toString('base64') } } as Secret) : undefined),
  };
  const env = (c: Parameters<typeof container>[1], services = new Map<string, string>()): Record<string, string> =>
    Object.fromEntries(containerEnv({ pod: pod(), container: container('a', c), references, services, context }));

  test('later wins, and sees what came before', () => {
    expect(
      env(
        { envFrom: [{ prefix: 'P_', configMapRef: { name: 'cm' } }, { secretRef: { name: 'sec' } }], env: [{ name: 'pw', value: 'own' }, { name: 'all', value: '$(P_key) $(pw) $(SVC) $(later)' }, { name: 'later', value: 'x' }] },
        new Map([['SVC', '1']]),
      ),
    ).toEqual({ SVC: '1', P_key: 'from-map', 'P_a.b': 'dotted', pw: 'own', all: 'from-map own 1 $(later)', later: 'x' });
  });

  test.each([
    [{ name: 'x', valueFrom: { secretKeyRef: { name: 'none', key: 'k' } } }, 'secret "none" not found'],
    [{ name: 'x', valueFrom: { secretKeyRef: { name: 'sec', key: 'k' } } }, "couldn't find key k in Secret ns/sec"],
    [{ name: 'x', valueFrom: { configMapKeyRef: { name: 'none', key: 'k' } } }, 'configmap "none" not found'],
    [{ name: 'x', valueFrom: { configMapKeyRef: { name: 'cm', key: '__proto__' } } }, "couldn't find key __proto__ in ConfigMap ns/cm"],
  ])('%j is missing', (variable, message) => {
    expect(() => env({ env: [variable] })).toThrow(message);
    const source = variable.valueFrom;
    const optional = Object.fromEntries(Object.entries(source).map(([key, value]) => [key, { ...value, optional: true }]));
    expect(env({ env: [{ ...variable, valueFrom: optional }] })).toEqual({});
  });

  test('Services of the namespace and kubernetes', () => {
    const service = (namespace: string, name: string, clusterIP: string): Service => ({ metadata: { namespace, name }, spec: { clusterIP, ports: [{ port: 80, name: 'http-a', protocol: 'TCP' }] }, status: { loadBalancer: {} } });
    const services = [service('ns', 'my-db', '10.9.0.1'), service('ns', 'headless', 'None'), service('other', 'far', '10.9.0.2'), service('default', 'kubernetes', '10.9.0.3')];
    const names = [...serviceEnv(pod(), services).keys()];
    expect(names).toEqual(expect.arrayContaining(['KUBERNETES_SERVICE_HOST', 'MY_DB_SERVICE_HOST', 'MY_DB_SERVICE_PORT', 'MY_DB_SERVICE_PORT_HTTP_A', 'MY_DB_PORT', 'MY_DB_PORT_80_TCP', 'MY_DB_PORT_80_TCP_ADDR']));
    expect(names.some((name) => name.startsWith('FAR') || name.startsWith('HEADLESS'))).toBe(false);
    expect([...serviceEnv(pod({ enableServiceLinks: false }), services).keys()].every((name) => name.startsWith('KUBERNETES'))).toBe(true);
  });
});

describe('names', () => {
  const host = { servers: ['192.0.2.53'], searches: ['lan'], options: ['edns0'] };
  const cluster = { server: '10.96.0.10', domain: 'cluster.local' };
  test.each([
    [{}, { servers: ['10.96.0.10'], searches: ['ns.svc.cluster.local', 'svc.cluster.local', 'cluster.local', 'lan'], options: ['ndots:5'] }],
    [{ hostNetwork: true }, host],
    [{ hostNetwork: true, dnsPolicy: 'ClusterFirstWithHostNet' }, { servers: ['10.96.0.10'], searches: ['ns.svc.cluster.local', 'svc.cluster.local', 'cluster.local', 'lan'], options: ['ndots:5'] }],
    [{ dnsPolicy: 'Default' }, host],
    [{ dnsPolicy: 'None', dnsConfig: { nameservers: ['1.1.1.1'], searches: ['x'], options: [{ name: 'ndots', value: '2' }, { name: 'rotate' }] } }, { servers: ['1.1.1.1'], searches: ['x'], options: ['ndots:2', 'rotate'] }],
  ])('%j', (spec, expected) => expect(podDns(pod(spec), cluster, host)).toEqual(expected));

  test('resolv.conf', () => {
    expect(parseResolvConf('# c\nnameserver 1.1.1.1\nsearch a\nsearch b c # d\noptions edns0 trust-ad\n')).toEqual({ servers: ['1.1.1.1'], searches: ['b', 'c'], options: ['edns0', 'trust-ad'] });
  });

  test('the hosts file has the full name of a pod with a subdomain', () => {
    expect(hostsFile(pod({ subdomain: 'sub', hostname: 'h' }), ['10.0.0.1'], 'cluster.local', '')).toContain('10.0.0.1\th.sub.ns.svc.cluster.local\th\n');
    expect(hostsFile(pod({ hostNetwork: true }), [], '', '127.0.0.1 here\n')).toContain('127.0.0.1 here');
  });
});

describe('limits', () => {
  test('in the units of cgroups', () => {
    expect([0n, 1n, 250n, 1000n].map(cpuShares)).toEqual([2, 2, 256, 1024]);
    expect([0n, 1n, 500n].map(cpuQuota)).toEqual([0, 1000, 50_000]);
    const limited = container('a', { resources: { limits: { cpu: '500m', memory: '64Mi' }, requests: { cpu: '250m', memory: '32Mi' } } });
    expect(containerResources(pod({ containers: [limited] }), limited, 1n << 34n)).toEqual({ cpuShares: 256, cpuQuota: 50_000, cpuPeriod: 100_000, memoryLimitBytes: 67_108_864, oomScoreAdj: 999 });
    expect(containerResources(pod(), container('a'), 1n << 34n)).toMatchObject({ cpuShares: 2, cpuQuota: 0, memoryLimitBytes: 0, oomScoreAdj: 1000 });
    expect(podLimits(pod({ containers: [limited, limited] }))).toEqual({ cpuShares: 512, cpuQuota: 100_000, memoryLimitBytes: 134_217_728 });
    expect(podLimits(pod({ containers: [limited, container('b')] }))).toEqual({ cpuShares: 256, cpuQuota: 0, memoryLimitBytes: 0 });
  });
});

describe('confinement', () => {
  const image = { id: 'i', tags: [], digests: [], sizeBytes: 1, pinned: false };
  test('an empty profile name is refused, never unconfined', () => {
    expect(() => seccompProfile({ type: 'Localhost', localhostProfile: '' }, '/s')).toThrow(UnresolvedError);
    expect(() => seccompProfile({ type: 'Localhost', localhostProfile: '../x' }, '/s')).toThrow(UnresolvedError);
    expect(() => seccompProfile({ type: 'Other' }, '/s')).toThrow(UnresolvedError);
    expect(seccompProfile({ type: 'Localhost', localhostProfile: 'a/b.json' }, '/s')).toEqual({ type: 'localhost', path: '/s/a/b.json' });
  });

  test.each([
    [{ runAsUser: 0 }, {}, "container's runAsUser breaks non-root policy"],
    [{}, {}, 'image will run as root'],
    [{}, { username: 'www' }, 'non-numeric user (www)'],
    [{}, { uid: 5 }, undefined],
    [{ runAsUser: 7 }, {}, undefined],
  ])('runAsNonRoot with %j on an image of %j', (own, user, message) => {
    const check = (): unknown => containerSecurity(pod({ securityContext: { runAsNonRoot: true } }), container('a', { securityContext: own }), { ...image, ...user }, '/s');
    if (message === undefined) expect(check).not.toThrow();
    else expect(check).toThrow(message);
  });

  test('a group alone keeps the user of the image', () => {
    const p = pod({ securityContext: { runAsGroup: 9, fsGroup: 8, supplementalGroups: [7, 8] } });
    expect(containerSecurity(p, container('a'), { ...image, uid: 5 }, '/s')).toMatchObject({ runAsUser: 5, runAsGroup: 9, supplementalGroups: [8, 7] });
    expect(containerSecurity(p, container('a'), { ...image, username: 'www' }, '/s')).toMatchObject({ runAsUsername: 'www', runAsGroup: 9 });
  });
});

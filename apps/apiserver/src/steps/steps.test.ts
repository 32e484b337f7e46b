import { describe, expect, test } from 'vitest';
import { seededRandom, silentLog, VirtualClock } from '@rhythm/base';
import type { KindDefinition, KubeObject } from '@rhythm/api';
import type { Service } from '@rhythm/api/types/core-v1';
import { MemoryObjects } from '../auth/memory-objects.ts';
import type { AdmissionRequest, AdmissionStep } from '../ports/types.ts';
import { allocationSteps, Ipv4Range, repairAllocations } from './index.ts';

const services = { group: '', plural: 'services' } as KindDefinition;
type Companion = Parameters<NonNullable<AdmissionRequest['alsoWrite']>>[0];
const networking = 'networking.k8s.io';

class Cluster {
  readonly objects = new MemoryObjects();
  readonly step: AdmissionStep;

  constructor(cidr = '10.96.0.0/24', seed = 1) {
    this.step = allocationSteps(cidr, this.objects, { clock: new VirtualClock(), random: seededRandom(seed) })[0] as AdmissionStep;
  }

  /** Admission only: what would be written. */
  async plan(object: object, old?: object): Promise<{ service: Service; companions: Companion[] }> {
    const companions: Companion[] = [];
    const service = JSON.parse(JSON.stringify({ metadata: { name: 's', namespace: 'a' }, ...object })) as Service;
    await this.step.admit?.({
      operation: old === undefined ? 'CREATE' : 'UPDATE',
      attributes: { user: { name: 'x', groups: [] }, verb: 'create', isResource: true, path: '', group: '', version: 'v1', resource: 'services', subresource: '', namespace: 'a', name: '' },
      kind: services,
      object: service,
      ...(old === undefined ? {} : { old: old as KubeObject }),
      dryRun: false,
      warn: () => undefined,
      alsoWrite: (companion) => void companions.push(companion),
    });
    return { service, companions };
  }

  /** One transaction: false when a claim exists already. */
  commit({ service, companions }: { service: Service; companions: Companion[] }): boolean {
    const taken = companions.some((c) => c.action === 'create' && this.#has(c.object.metadata.name ?? ''));
    if (taken) return false;
    for (const c of companions) {
      if (c.action === 'create') this.objects.put(c.group, c.resource, c.object);
      else this.objects.delete(c.group, c.resource, c.namespace, c.name);
    }
    this.objects.put('', 'services', service);
    return true;
  }

  async write(object: object, old?: object): Promise<Service> {
    for (;;) {
      const planned = await this.plan(object, old);
      if (this.commit(planned)) return planned.service;
    }
  }

  async addresses(): Promise<string[]> {
    return (await this.objects.list(networking, 'ipaddresses', '')).map((a) => a.metadata.name ?? '');
  }

  #names = new Set<string>();
  #has(name: string): boolean {
    if (this.#names.has(name)) return true;
    this.#names.add(name);
    return false;
  }
}
const named = (name: string, spec: object): object => ({ metadata: { name, namespace: 'a' }, spec });

describe('the range', () => {
  test('knows its usable addresses and the part for explicit ones', () => {
    const range = new Ipv4Range('10.96.0.7/24');
    expect([range.cidr, range.size, range.nth(1), range.nth(10)]).toEqual(['10.96.0.0/24', 254, '10.96.0.1', '10.96.0.10']);
    expect(range.dynamicFirst - range.first).toBe(16);
    expect(new Ipv4Range('10.96.0.0/12').dynamicFirst - new Ipv4Range('10.96.0.0/12').first).toBe(256);
    expect(new Ipv4Range('255.255.255.0/24').nth(254)).toBe('255.255.255.254');
    for (const bad of ['10.0.0.0/30', '10.0.0.0', 'fd00::/112', '10.0.0.256/24', '010.0.0.0/24', '']) expect(() => new Ipv4Range(bad)).toThrow('service range');
  });
});

describe('cluster IPs', () => {
  test('are chosen above the explicit part and claimed by an IPAddress in the same write', async () => {
    const { service, companions } = await new Cluster().plan({ spec: {} });
    expect(Number(service.spec.clusterIP?.split('.')[3])).toBeGreaterThan(16);
    expect(service.spec).toMatchObject({ clusterIPs: [service.spec.clusterIP], ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack' });
    expect(companions).toMatchObject([{ action: 'create', group: networking, resource: 'ipaddresses', object: { metadata: { name: service.spec.clusterIP }, spec: { parentRef: { resource: 'services', namespace: 'a', name: 's' } } } }]);
  });

  test('an explicit address is honoured, refused when taken, out of range or not an address', async () => {
    const cluster = new Cluster();
    expect((await cluster.write(named('dns', { clusterIP: '10.96.0.10' }))).spec.clusterIP).toBe('10.96.0.10');
    await expect(cluster.plan({ spec: { clusterIP: '10.96.0.10' } })).rejects.toThrow('failed to allocate IP 10.96.0.10: provided IP is already allocated');
    for (const ip of ['10.97.0.1', '10.96.0.0', '10.96.0.255']) await expect(cluster.plan({ spec: { clusterIP: ip } })).rejects.toThrow('The range of valid IPs is 10.96.0.0/24');
    for (const ip of ['10.96.0.010', '::1', '../../x']) await expect(cluster.plan({ spec: { clusterIP: ip } })).rejects.toMatchObject({ reason: 'Invalid' });
  });

  test('of two services racing for one address one is refused', async () => {
    const cluster = new Cluster();
    const [a, b] = await Promise.all([cluster.plan(named('x', { clusterIP: '10.96.0.20' })), cluster.plan(named('y', { clusterIP: '10.96.0.20' }))]);
    expect([cluster.commit(a), cluster.commit(b)]).toEqual([true, false]);
    await expect(cluster.plan(named('y', { clusterIP: '10.96.0.20' }))).rejects.toThrow('already allocated');
  });

  test('every usable address can be given out, then the range is full', async () => {
    const cluster = new Cluster('10.96.0.0/28');
    const ips = new Set<string>();
    for (let i = 0; i < 14; i++) ips.add((await cluster.write(named(`s${i}`, {}))).spec.clusterIP ?? '');
    expect(ips.size).toBe(14);
    await expect(cluster.plan({ spec: {} })).rejects.toThrow('range is full');
  });

  test('headless and ExternalName services hold none; dual stack is refused', async () => {
    const cluster = new Cluster();
    const headless = await cluster.plan({ spec: { clusterIP: 'None', selector: { a: 'b' } } });
    expect([headless.service.spec.clusterIPs, headless.service.spec.ipFamilyPolicy, headless.companions]).toEqual([['None'], 'SingleStack', []]);
    expect((await cluster.plan({ spec: { clusterIP: 'None' } })).service.spec).toMatchObject({ ipFamilyPolicy: 'RequireDualStack', ipFamilies: ['IPv4', 'IPv6'] });
    expect((await cluster.plan({ spec: { type: 'ExternalName', externalName: 'x' } })).service.spec.clusterIP).toBeUndefined();
    await expect(cluster.plan({ spec: { ipFamilyPolicy: 'RequireDualStack' } })).rejects.toThrow('not configured for dual-stack');
    await expect(cluster.plan({ spec: { ipFamilies: ['IPv6'] } })).rejects.toThrow('only IPv4');
  });

  test('stay through updates that leave them out, cannot change, and go with the type or the service', async () => {
    const cluster = new Cluster();
    const service = await cluster.write(named('s', {}));
    const ip = service.spec.clusterIP;
    const kept = await cluster.plan(named('s', { selector: { a: 'b' } }), service);
    expect([kept.service.spec.clusterIP, kept.companions]).toEqual([ip, []]);
    await expect(cluster.plan(named('s', { clusterIP: '10.96.0.99' }), service)).rejects.toThrow('may not change once set');
    await expect(cluster.plan(named('s', { clusterIP: 'None' }), service)).rejects.toThrow('may not change once set');
    const external = await cluster.plan(named('s', { ...service.spec, type: 'ExternalName', externalName: 'x' }), service);
    expect([external.service.spec.clusterIP, external.companions]).toEqual([undefined, [{ action: 'delete', group: networking, resource: 'ipaddresses', namespace: '', name: ip }]]);
    const back = await cluster.plan(named('s', { type: 'ClusterIP' }), external.service);
    expect(back.companions).toHaveLength(1);
    expect(cluster.step.companionsOfRemoved?.(services, service)).toEqual(external.companions);
    expect(cluster.step.companionsOfRemoved?.({ group: '', plural: 'pods' } as KindDefinition, service)).toEqual([]);
  });
});

describe('node ports', () => {
  const port = (more: object = {}): object => ({ port: 80, protocol: 'TCP', ...more });

  test('are chosen in range, given explicitly, and refused when taken or outside', async () => {
    const cluster = new Cluster();
    const chosen = (await cluster.write(named('x', { type: 'NodePort', ports: [port()] }))).spec.ports?.[0]?.nodePort ?? 0;
    expect(chosen).toBeGreaterThanOrEqual(30_086);
    expect(chosen).toBeLessThanOrEqual(32_767);
    await cluster.write(named('y', { type: 'NodePort', ports: [port({ nodePort: 30_080 })] }));
    await expect(cluster.plan(named('z', { type: 'NodePort', ports: [port({ nodePort: 30_080 })] }))).rejects.toThrow('spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated');
    await expect(cluster.plan(named('z', { type: 'NodePort', ports: [port({ nodePort: 80 })] }))).rejects.toThrow('The range of valid ports is 30000-32767');
    await expect(cluster.plan(named('z', { type: 'ClusterIP', ports: [port({ nodePort: 30_081 })] }))).rejects.toThrow('may not be used');
  });

  test('two requests at once never get the same one', async () => {
    const cluster = new Cluster();
    const want = (name: string) => cluster.plan(named(name, { type: 'NodePort', ports: [port({ nodePort: 30_090 })] }));
    const results = await Promise.allSettled([want('x'), want('y')]);
    expect(results.map((r) => r.status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  test('TCP and UDP of one port share a number; the health check has its own', async () => {
    const { service } = await new Cluster().plan({ spec: { type: 'LoadBalancer', externalTrafficPolicy: 'Local', ports: [port(), port({ protocol: 'UDP' }), { port: 81, protocol: 'TCP' }] } });
    const [tcp, udp, other] = service.spec.ports ?? [];
    expect(udp?.nodePort).toBe(tcp?.nodePort);
    expect(new Set([tcp?.nodePort, other?.nodePort, service.spec.healthCheckNodePort]).size).toBe(3);
    const without = await new Cluster().plan({ spec: { type: 'LoadBalancer', allocateLoadBalancerNodePorts: false, ports: [port()] } });
    expect(without.service.spec.ports?.[0]?.nodePort).toBeUndefined();
  });

  test('stay through updates and go with the type', async () => {
    const cluster = new Cluster();
    const service = await cluster.write(named('s', { type: 'NodePort', ports: [port()] }));
    expect((await cluster.plan(named('s', { type: 'NodePort', ports: [port()] }), service)).service.spec.ports).toEqual(service.spec.ports);
    expect((await cluster.plan(named('s', { type: 'ClusterIP', ports: service.spec.ports }), service)).service.spec.ports?.[0]?.nodePort).toBeUndefined();
  });
});

test('the repair frees what nobody holds, claims what is held, and leaves the rest', async () => {
  const cluster = new Cluster();
  const kept = await cluster.write(named('kept', {}));
  const bare = named('bare', { clusterIP: '10.96.0.30', clusterIPs: ['10.96.0.30'] }) as KubeObject;
  cluster.objects.put('', 'services', bare);
  cluster.objects.put(networking, 'ipaddresses', { metadata: { name: '10.96.0.40', uid: 'u' }, spec: { parentRef: { resource: 'services', namespace: 'a', name: 'gone' } } } as KubeObject);
  cluster.objects.put(networking, 'ipaddresses', { metadata: { name: '10.96.0.50', uid: 'v' }, spec: { parentRef: { resource: 'gateways', namespace: 'a', name: 'g' } } } as KubeObject);
  const writer = {
    create: (group: string, resource: string, object: KubeObject) => cluster.objects.create(group, resource, object),
    delete: (group: string, resource: string, namespace: string, name: string) => Promise.resolve(cluster.objects.delete(group, resource, namespace, name)),
  };
  await repairAllocations(cluster.objects, writer, { clock: new VirtualClock(), random: seededRandom(1), log: silentLog });
  expect(new Set(await cluster.addresses())).toEqual(new Set(['10.96.0.30', '10.96.0.50', kept.spec.clusterIP]));
});

import { describe, expect, test } from 'vitest';
import { container, pod, t0 } from '../pod/fixtures.ts';
import { podRequests, refusal } from './admission.ts';
import type { NodeFacts, Pressure } from './node-facts.ts';
import { nodeStatus, withoutHeartbeats } from './node-status.ts';

describe('admission', () => {
  const allocatable = { cpu: '2', memory: '1Gi', pods: '3' };
  const asks = (cpu: string): ReturnType<typeof pod> => pod({ containers: [container('a', { resources: { requests: { cpu } } })] });
  const labels = { 'kubernetes.io/os': 'linux', zone: 'x' };

  test.each([
    ['fits', asks('2'), [], undefined],
    ['does not fit beside others', asks('1500m'), [asks('1')], 'OutOfcpu'],
    ['too many', pod(), [pod(), pod(), pod()], 'OutOfpods'],
    ['asks for nothing', pod(), [asks('2')], undefined],
    ['asks for what is not here', pod({ containers: [container('a', { resources: { requests: { 'x/gpu': '1' } } })] }), [], 'OutOfx/gpu'],
    ['another selector', pod({ nodeSelector: { zone: 'y' } }), [], 'NodeAffinity'],
    ['a label it does not know', pod({ nodeSelector: { disk: 'ssd' } }), [], undefined],
    ['its selector', pod({ nodeSelector: { zone: 'x' } }), [], undefined],
    ['a safe sysctl', pod({ securityContext: { sysctls: [{ name: 'net.ipv4.tcp_syncookies', value: '1' }] } }), [], undefined],
    ['another sysctl', pod({ securityContext: { sysctls: [{ name: 'net.core.somaxconn', value: '1' }] } }), [], 'SysctlForbidden'],
    ['user namespaces', pod({ hostUsers: false }), [], 'UserNamespacesNotSupported'],
    ['a profile that is not here', pod({ containers: [container('a', { securityContext: { appArmorProfile: { type: 'Localhost', localhostProfile: 'x' } } })] }), [], 'AppArmor'],
    ['another runtime', pod({ runtimeClassName: 'gvisor' }), [], 'RuntimeClassNotSupported'],
    ['strict groups', pod({ securityContext: { supplementalGroupsPolicy: 'Strict' } }), [], 'SupplementalGroupsPolicyNotSupported'],
    ['another system', pod({ os: { name: 'windows' } }), [], 'PodOSNotSupported'],
  ])('%s', (_name, p, others, reason) => expect(refusal({ pod: p, others, allocatable, labels })?.reason).toBe(reason));

  test('says how much is missing', () => {
    expect(refusal({ pod: asks('1500m'), others: [asks('1')], allocatable, labels })?.message).toBe("Pod was rejected: Node didn't have enough resource: cpu, requested: 1500, used: 1000, capacity: 2000");
  });

  test('init containers count by their largest, sidecars with the rest', () => {
    const cpu = (name: string, amount: string, more = {}): ReturnType<typeof container> => container(name, { resources: { requests: { cpu: amount } }, ...more });
    const of = (init: ReturnType<typeof container>[]): bigint | undefined => podRequests(pod({ initContainers: init, containers: [cpu('a', '1')] })).get('cpu');
    expect(of([cpu('i', '3'), cpu('j', '2')])).toBe(3000n);
    expect(of([cpu('s', '500m', { restartPolicy: 'Always' })])).toBe(1500n);
    expect(of([cpu('s', '500m', { restartPolicy: 'Always' }), cpu('i', '3')])).toBe(3500n);
  });
});

describe('node status', () => {
  const facts: NodeFacts = {
    capacity: { cpu: '2' },
    allocatable: { cpu: '2' },
    memoryBytes: 1n,
    info: { machineID: '', systemUUID: '', bootID: '', kernelVersion: '', osImage: '', containerRuntimeVersion: '', kubeletVersion: '', kubeProxyVersion: '', operatingSystem: 'linux', architecture: 'amd64' },
  };
  const pressure: Pressure = { memoryAvailableBytes: 1e9, diskFree: 0.5, inodesFree: 0.5, pidsFree: 0.9 };
  const fine = { ready: true, reason: '', message: '' };
  const make = (more: Partial<Parameters<typeof nodeStatus>[0]> = {}): ReturnType<typeof nodeStatus> =>
    nodeStatus({ nodeName: 'n', nodeIps: ['192.0.2.1'], port: 10250, facts, pressure, runtime: { runtime: fine, network: fine }, images: [], published: [], now: t0, ...more });
  const conditions = (status: ReturnType<typeof nodeStatus>): Record<string, string> => Object.fromEntries((status.conditions ?? []).map((c) => [c.type, `${c.status} ${c.reason}`]));

  test('of a healthy node', () => {
    expect(conditions(make())).toEqual({ MemoryPressure: 'False KubeletHasSufficientMemory', DiskPressure: 'False KubeletHasNoDiskPressure', PIDPressure: 'False KubeletHasSufficientPID', Ready: 'True KubeletReady' });
    expect(make()).toMatchObject({ addresses: [{ type: 'InternalIP', address: '192.0.2.1' }, { type: 'Hostname', address: 'n' }], daemonEndpoints: { kubeletEndpoint: { Port: 10250 } } });
  });

  test('of one in need, or without its runtime', () => {
    expect(conditions(make({ pressure: { memoryAvailableBytes: 1, diskFree: 0.01, inodesFree: 1, pidsFree: 0 } }))).toMatchObject({ MemoryPressure: 'True KubeletHasInsufficientMemory', DiskPressure: 'True KubeletHasDiskPressure', PIDPressure: 'True KubeletHasInsufficientPID' });
    expect(make({ runtime: undefined }).conditions?.at(-1)).toMatchObject({ status: 'False', message: '[container runtime is down]' });
    expect(make({ runtime: { runtime: fine, network: { ready: false, reason: 'NetworkPluginNotReady', message: 'cni config uninitialized' } } }).conditions?.at(-1)).toMatchObject({
      status: 'False',
      reason: 'KubeletNotReady',
      message: '[container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:cni config uninitialized]',
    });
  });

  test('a heartbeat alone is no change', () => {
    const first = make();
    const second = make({ published: first.conditions ?? [], now: t0 + 60_000 });
    expect(second).not.toEqual(first);
    expect(withoutHeartbeats(second)).toBe(withoutHeartbeats(first));
  });
});

import { formatTime } from '@rhythm/base';
import { describe, expect, test } from 'vitest';
import type { Pod } from '../gen/types/core-v1.ts';
import type { KubeObject } from '../resource.ts';
import { humanDuration } from './human-duration.ts';
import { kindRegistry } from './registry.ts';

const now = 1_750_000_000_000;
const at = (secondsAgo: number): string => formatTime(now - secondsAgo * 1000);

/** What kubectl would show of an object, wide, as one line per cell. */
function shown(group: string, version: string, resource: string, object: object): Record<string, unknown> {
  const kind = kindRegistry.byResource(group, version, resource);
  if (kind === undefined) throw new Error(`no kind ${resource}`);
  const cells = kind.cells(object as KubeObject, now);
  expect(cells).toHaveLength(kind.columns.length);
  return Object.fromEntries(kind.columns.map((column, i) => [column.name, cells[i]]));
}

test.each([
  [-5, '<invalid>'],
  [-1, '0s'],
  [0, '0s'],
  [119, '119s'],
  [120, '2m'],
  [125, '2m5s'],
  [599, '9m59s'],
  [600, '10m'],
  [10799, '179m'],
  [10800, '3h'],
  [10860, '3h1m'],
  [28800, '8h'],
  [172799, '47h'],
  [172800, '2d'],
  [176400, '2d1h'],
  [691200, '8d'],
  [63072000, '2y'],
  [63158400, '2y1d'],
  [252288000, '8y'],
])('%d seconds are %s', (seconds, text) => expect(humanDuration(seconds * 1000)).toBe(text));

describe('every kind', () => {
  test('has as many cells as columns, and needs nothing but metadata and an empty spec', () => {
    for (const kind of kindRegistry.kinds) {
      const bare = { metadata: { name: 'x' }, spec: {}, roleRef: {} };
      expect(kind.cells(bare as KubeObject, now), kind.kind).toHaveLength(kind.columns.length);
      expect(() => kind.selectableFields?.({ metadata: {} } as KubeObject), kind.kind).not.toThrow();
    }
  });
});

describe('pods', () => {
  const pod = (status: object, spec: object = {}, metadata: object = {}): object => ({
    metadata: { name: 'p', creationTimestamp: at(65), ...metadata },
    spec: { containers: [{ name: 'a' }, { name: 'b' }], nodeName: 'n1', ...spec },
    status,
  });
  const show = (object: object): string => {
    const row = shown('', 'v1', 'pods', object);
    return `${String(row['Ready'])} ${String(row['Status'])} ${String(row['Restarts'])}`;
  };
  const running = { state: { running: {} }, ready: true, restartCount: 0 };
  const ended = (exitCode: number, more: object = {}): object => ({ state: { terminated: { exitCode, ...more } }, ready: false, restartCount: 0 });
  const waiting = (reason: string): object => ({ state: { waiting: { reason } }, ready: false, restartCount: 0 });
  const sidecar = { initContainers: [{ name: 's', restartPolicy: 'Always' }, { name: 'i' }] };

  test.each<[string, object, string]>([
    ['pending', pod({ phase: 'Pending' }), '0/2 Pending 0'],
    ['gated', pod({ phase: 'Pending', conditions: [{ type: 'PodScheduled', reason: 'SchedulingGated', status: 'False' }] }), '0/2 SchedulingGated 0'],
    ['running', pod({ phase: 'Running', containerStatuses: [running, running] }), '2/2 Running 0'],
    ['creating', pod({ phase: 'Pending', containerStatuses: [waiting('ContainerCreating'), waiting('ContainerCreating')] }), '0/2 ContainerCreating 0'],
    ['image', pod({ phase: 'Pending', containerStatuses: [running, waiting('ImagePullBackOff')] }), '1/2 ImagePullBackOff 0'],
    ['crashing', pod({ phase: 'Running', containerStatuses: [{ ...waiting('CrashLoopBackOff'), restartCount: 3, lastState: { terminated: { exitCode: 1, finishedAt: at(30) } } }, running] }), '1/2 CrashLoopBackOff 3 (30s ago)'],
    ['completed', pod({ phase: 'Succeeded', containerStatuses: [ended(0, { reason: 'Completed' }), ended(0, { reason: 'Completed' })] }), '0/2 Completed 0'],
    ['one completed, one running and ready', pod({ phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }], containerStatuses: [ended(0, { reason: 'Completed' }), running] }), '1/2 Running 0'],
    ['one completed, the pod not ready', pod({ phase: 'Running', containerStatuses: [ended(0, { reason: 'Completed' }), running] }), '1/2 NotReady 0'],
    ['exit code', pod({ phase: 'Failed', containerStatuses: [ended(3), running] }), '1/2 ExitCode:3 0'],
    ['signal', pod({ phase: 'Failed', containerStatuses: [ended(137, { signal: 9 }), running] }), '1/2 Signal:9 0'],
    ['evicted', pod({ phase: 'Failed', reason: 'Evicted' }), '0/2 Evicted 0'],
    ['init 0 of 2', pod({ phase: 'Pending', initContainerStatuses: [{ name: 'i', ...running, ready: false }] }, { initContainers: [{ name: 'i' }, { name: 'j' }] }), '0/2 Init:0/2 0'],
    ['init 1 of 2', pod({ phase: 'Pending', initContainerStatuses: [{ name: 'i', ...ended(0) }, { name: 'j', ...waiting('PodInitializing') }] }, { initContainers: [{ name: 'i' }, { name: 'j' }] }), '0/2 Init:1/2 0'],
    ['init failed', pod({ phase: 'Pending', initContainerStatuses: [{ name: 'i', ...ended(1) }] }, { initContainers: [{ name: 'i' }] }), '0/2 Init:ExitCode:1 0'],
    ['init error', pod({ phase: 'Pending', initContainerStatuses: [{ name: 'i', ...ended(1, { reason: 'Error' }), restartCount: 2 }] }, { initContainers: [{ name: 'i' }] }), '0/2 Init:Error 2'],
    ['init crashing', pod({ phase: 'Pending', initContainerStatuses: [{ name: 'i', ...waiting('CrashLoopBackOff') }] }, { initContainers: [{ name: 'i' }] }), '0/2 Init:CrashLoopBackOff 0'],
    ['sidecar running, init going on', pod({ phase: 'Pending', initContainerStatuses: [{ name: 's', ...running, started: true }, { name: 'i', ...running }] }, sidecar), '1/3 Init:1/2 0'],
    ['sidecar beside containers', pod({ phase: 'Running', initContainerStatuses: [{ name: 's', ...running, started: true, restartCount: 1 }, { name: 'i', ...ended(0), restartCount: 5 }], containerStatuses: [running, running] }, sidecar), '3/3 Running 1'],
    ['terminating', pod({ phase: 'Running', containerStatuses: [running, running] }, {}, { deletionTimestamp: at(1) }), '2/2 Terminating 0'],
    ['done, being deleted', pod({ phase: 'Succeeded', containerStatuses: [ended(0, { reason: 'Completed' })] }, {}, { deletionTimestamp: at(1) }), '0/2 Completed 0'],
    ['node lost', pod({ phase: 'Running', reason: 'NodeLost' }, {}, { deletionTimestamp: at(1) }), '0/2 Unknown 0'],
  ])('%s', (_, object, expected) => expect(show(object)).toBe(expected));

  test('wide cells', () => {
    const gates = { readinessGates: [{ conditionType: 'x/y' }, { conditionType: 'z' }] };
    expect(shown('', 'v1', 'pods', pod({ podIPs: [{ ip: '10.0.0.1' }], conditions: [{ type: 'x/y', status: 'True' }] }, gates))).toMatchObject({
      IP: '10.0.0.1', Node: 'n1', 'Nominated Node': '<none>', 'Readiness Gates': '1/2', Age: '65s',
    });
    expect(shown('', 'v1', 'pods', { metadata: { name: 'p' }, spec: { containers: [] } } as unknown as Pod)).toMatchObject({ IP: '<none>', Node: '<none>', Age: '<unknown>' });
  });
});

test('nodes', () => {
  const node = {
    metadata: { name: 'n', creationTimestamp: at(3600 * 5), labels: { 'node-role.kubernetes.io/worker': '', 'node-role.kubernetes.io/control-plane': '' } },
    spec: { unschedulable: true },
    status: { conditions: [{ type: 'Ready', status: 'True' }], addresses: [{ type: 'InternalIP', address: '10.1.1.1' }], nodeInfo: { kubeletVersion: 'v1.35.0', osImage: 'Debian' } },
  };
  expect(shown('', 'v1', 'nodes', node)).toEqual({
    Name: 'n', Status: 'Ready,SchedulingDisabled', Roles: 'control-plane,worker', Age: '5h', Version: 'v1.35.0', 'Internal-IP': '10.1.1.1', 'External-IP': '<none>',
    'OS-Image': 'Debian', 'Kernel-Version': '<unknown>', 'Container-Runtime': '<unknown>',
  });
  expect(shown('', 'v1', 'nodes', { metadata: { name: 'n' } })).toMatchObject({ Status: 'Unknown', Roles: '<none>' });
});

test('services', () => {
  const service = (spec: object, status: object = {}): object => ({ metadata: { name: 's' }, spec, status });
  expect(shown('', 'v1', 'services', service({ type: 'NodePort', clusterIPs: ['10.0.0.1'], ports: [{ port: 80, nodePort: 30000, protocol: 'TCP' }, { port: 53, protocol: 'UDP' }], selector: { b: '2', a: '1' } }))).toMatchObject({
    'Cluster-IP': '10.0.0.1', 'External-IP': '<none>', 'Port(s)': '80:30000/TCP,53/UDP', Selector: 'a=1,b=2',
  });
  expect(shown('', 'v1', 'services', service({ type: 'LoadBalancer', clusterIPs: ['10.0.0.1'] }))).toMatchObject({ 'External-IP': '<pending>', 'Port(s)': '<none>', Selector: '<none>' });
  expect(shown('', 'v1', 'services', service({ type: 'LoadBalancer' }, { loadBalancer: { ingress: [{ ip: '1.2.3.4' }, { hostname: 'h' }] } }))).toMatchObject({ 'External-IP': '1.2.3.4,h', 'Cluster-IP': '<none>' });
  expect(shown('', 'v1', 'services', service({ type: 'ExternalName', externalName: 'x.y' }))).toMatchObject({ 'External-IP': 'x.y', 'Cluster-IP': '<none>' });
});

test('workloads', () => {
  const template = { spec: { containers: [{ name: 'a', image: 'i:1' }, { name: 'b', image: 'j' }] } };
  const selector = { matchLabels: { app: 'x' } };
  expect(shown('apps', 'v1', 'deployments', { metadata: { name: 'd' }, spec: { replicas: 3, selector, template }, status: { readyReplicas: 2, updatedReplicas: 3 } })).toEqual({
    Name: 'd', Ready: '2/3', 'Up-to-date': 3, Available: 0, Age: '<unknown>', Containers: 'a,b', Images: 'i:1,j', Selector: 'app=x',
  });
  expect(shown('apps', 'v1', 'daemonsets', { metadata: { name: 'd' }, spec: { selector, template }, status: { desiredNumberScheduled: 2 } })).toMatchObject({ Desired: 2, 'Node Selector': '<none>' });
  expect(shown('batch', 'v1', 'jobs', { metadata: { name: 'j' }, spec: { completions: 2, template }, status: { succeeded: 1, startTime: at(90) } })).toMatchObject({ Status: 'Running', Completions: '1/2', Duration: '90s' });
  expect(shown('batch', 'v1', 'cronjobs', { metadata: { name: 'c' }, spec: { schedule: '* * * * *', suspend: false, jobTemplate: { spec: { template } } }, status: { lastScheduleTime: at(60) } })).toMatchObject({
    Timezone: '<none>', Suspend: 'False', 'Last Schedule': '60s', Containers: 'a,b',
  });
});

test('events, in both groups', () => {
  const event = { metadata: { name: 'e' }, involvedObject: { kind: 'Pod', name: 'p' }, reason: 'R', type: 'Normal', message: ' m \n', source: { component: 'kubelet', host: 'n' }, firstTimestamp: at(60), lastTimestamp: at(5), count: 4 };
  expect(shown('', 'v1', 'events', event)).toEqual({
    'Last Seen': '5s', Type: 'Normal', Reason: 'R', Object: 'pod/p', Subobject: '', Source: 'kubelet, n', Message: 'm', 'First Seen': '60s', Count: 4, Name: 'e',
  });
  const newer = { metadata: { name: 'e' }, regarding: { kind: 'Pod', name: 'p' }, note: 'm', eventTime: at(7), reportingController: 'c', reportingInstance: 'i' };
  expect(shown('events.k8s.io', 'v1', 'events', newer)).toMatchObject({ 'Last Seen': '7s', Object: 'pod/p', Source: 'c, i', Message: 'm', Count: 1 });
});

test('network', () => {
  const addresses = ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4', '10.0.0.5'];
  expect(shown('', 'v1', 'endpoints', { metadata: { name: 'e' }, subsets: [{ addresses: addresses.map((ip) => ({ ip })), ports: [{ port: 80 }] }] })).toMatchObject({ Endpoints: '10.0.0.1:80,10.0.0.2:80,10.0.0.3:80 + 2 more...' });
  expect(shown('discovery.k8s.io', 'v1', 'endpointslices', { metadata: { name: 'e' }, addressType: 'IPv4', endpoints: [{ addresses }], ports: [{ port: 80 }, { name: 'x' }] })).toMatchObject({ Ports: '80,x' });
  expect(shown('networking.k8s.io', 'v1', 'ingresses', { metadata: { name: 'i' }, spec: { rules: [{ host: 'a' }, {}], tls: [{}] } })).toMatchObject({ Class: '<none>', Hosts: 'a', Ports: '80, 443' });
  expect(shown('networking.k8s.io', 'v1', 'ipaddresses', { metadata: { name: '10.0.0.1' }, spec: { parentRef: { resource: 'services', namespace: 'default', name: 'kubernetes' } } })).toMatchObject({ ParentRef: 'services/default/kubernetes' });
});

import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { spawn } from 'node:child_process';
import { Cluster, end, eventually, rhythm } from '../support/cluster.ts';

const cluster = new Cluster(inject('clusterDir'));
const namespace = 'kubectl-test';
const k = (...args: string[]): Promise<string> => cluster.kubectl('-n', namespace, ...args);

const deployment = (replicas: number, version: string): string => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, labels: { app: web } }
spec:
  replicas: ${replicas}
  revisionHistoryLimit: 5
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web, version: "${version}" } }
    spec:
      terminationGracePeriodSeconds: 1
      containers:
        - name: web
          image: rhythm.local/hello:v1
          command: [/bin/sh, -c, "echo version ${version}; trap 'exit 0' TERM; while true; do sleep 1; done"]
`;

const apply = (manifest: string): Promise<string> => cluster.apply(manifest.replaceAll(/^(metadata: \{ name: \w+)/gm, `$1, namespace: ${namespace}`));

beforeAll(async () => {
  await cluster.kubectl('create', 'namespace', namespace);
  await apply(deployment(2, '1'));
  await k('rollout', 'status', 'deployment/web', '--timeout=120s');
});
afterAll(async () => {
  await cluster.tryKubectl('delete', 'namespace', namespace, '--wait=false');
});

test('kubectl is 1.35, and the server says 1.35', async () => {
  const { clientVersion, serverVersion } = await cluster.json<{ clientVersion: { minor: string }; serverVersion: { major: string; minor: string } }>('version');
  expect([clientVersion.minor, serverVersion.major, serverVersion.minor]).toEqual(['35', '1', '35']);
});

describe('get', () => {
  test('as a table, wide, and without headers', async () => {
    expect(await k('get', 'deployments')).toMatch(/^NAME +READY +UP-TO-DATE +AVAILABLE +AGE\nweb +2\/2 +2 +2 +\S+\n$/);
    expect(await k('get', 'pods', '-o', 'wide')).toMatch(/^NAME +READY +STATUS +RESTARTS +AGE +IP +NODE +NOMINATED NODE +READINESS GATES\nweb-\S+ +1\/1 +Running +0 +\S+ +10\.\d+\.\d+\.\d+ +\S+ +<none> +<none>\n/);
    expect((await k('get', 'pods', '--no-headers', '-l', 'app=web')).trim().split('\n')).toHaveLength(2);
    expect(await k('get', 'nodes')).toMatch(/^NAME +STATUS +ROLES +AGE +VERSION\n\S+ +Ready +\S+ +\S+ +v1\.35/);
  });
  test('as yaml, json, jsonpath, name and custom columns', async () => {
    expect(await k('get', 'deployment', 'web', '-o', 'yaml')).toMatch(/^apiVersion: apps\/v1\nkind: Deployment\n/);
    expect((JSON.parse(await k('get', 'deploy', 'web', '-o', 'json')) as { spec: { replicas: number } }).spec.replicas).toBe(2);
    expect(await k('get', 'deploy', 'web', '-o', 'jsonpath={.spec.template.spec.containers[0].image}')).toBe('rhythm.local/hello:v1');
    expect(await k('get', 'deploy', '-o', 'name')).toBe('deployment.apps/web\n');
    expect(await k('get', 'deploy', '-o', 'custom-columns=N:.metadata.name')).toBe('N\nweb\n');
  });
  test('by labels and fields', async () => {
    expect(await k('get', 'pods', '-l', 'version in (1, 2),app', '-o', 'name')).toMatch(/^pod\/web/);
    expect(await k('get', 'pods', '-l', 'version notin (1)', '-o', 'name')).toBe('');
    expect(await k('get', 'pods', '--field-selector', 'status.phase=Running', '-o', 'name')).toMatch(/^pod\/web/);
    expect(await k('get', 'pods', '--field-selector', 'status.phase!=Running', '-o', 'name')).toBe('');
  });
  test('says what is not there', async () => {
    const missing = await cluster.tryKubectl('-n', namespace, 'get', 'pod', 'nobody');
    expect([missing.code, missing.stderr]).toEqual([1, 'Error from server (NotFound): pods "nobody" not found\n']);
  });
  test('watches', async () => {
    const child = spawn(rhythm, ['kubectl', '--dir', cluster.dir, '-n', namespace, 'get', 'configmaps', '-w', '-o', 'name'], { stdio: ['ignore', 'pipe', 'inherit'] });
    let seen = '';
    child.stdout.on('data', (chunk: Buffer) => (seen += String(chunk)));
    try {
      await eventually(async () => seen.includes('configmap/kube-root-ca.crt'), 'the list comes first');
      await k('create', 'configmap', 'seen', '--from-literal=a=b');
      await eventually(async () => seen.includes('configmap/seen'), 'then what is created');
    } finally {
      await end(child);
    }
  });
});

test('create, label, annotate, patch, delete', async () => {
  await k('create', 'configmap', 'one', '--from-literal=__proto__=x', '--from-literal=key=value');
  expect(JSON.parse(await k('get', 'configmap', 'one', '-o', 'jsonpath={.data}'))).toEqual(JSON.parse('{"__proto__":"x","key":"value"}'));
  await k('label', 'configmap', 'one', 'tier=front');
  await k('annotate', 'configmap', 'one', 'note=hello');
  expect(await k('get', 'configmap', '-l', 'tier=front', '-o', 'jsonpath={.items[0].metadata.annotations.note}')).toBe('hello');
  await k('label', 'configmap', 'one', 'tier-');
  expect(await k('get', 'configmap', '-l', 'tier=front', '-o', 'name')).toBe('');
  await k('patch', 'configmap', 'one', '--type=json', '-p', '[{"op":"replace","path":"/data/key","value":"other"}]');
  expect(await k('get', 'configmap', 'one', '-o', 'jsonpath={.data.key}')).toBe('other');
  expect(await k('delete', 'configmap', 'one')).toBe(`configmap "one" deleted from ${namespace} namespace\n`);
});

test('apply creates, changes, and says when there is nothing to change', async () => {
  const manifest = (value: string): string => `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: applied }\ndata: { key: ${value} }\n`;
  expect(await apply(manifest('a'))).toBe('configmap/applied created\n');
  expect(await apply(manifest('a'))).toBe('configmap/applied unchanged\n');
  expect(await apply(manifest('b'))).toBe('configmap/applied configured\n');
});

test('scale, rollout status, history and undo', async () => {
  await k('scale', 'deployment/web', '--replicas=3');
  await k('rollout', 'status', 'deployment/web', '--timeout=120s');
  expect(await k('get', 'deploy', 'web', '-o', 'jsonpath={.status.availableReplicas}')).toBe('3');
  await apply(deployment(3, '2'));
  expect(await k('rollout', 'status', 'deployment/web', '--timeout=120s')).toContain('successfully rolled out');
  expect((await k('get', 'pods', '-l', 'version=2', '-o', 'name')).trim().split('\n').length).toBeGreaterThanOrEqual(3);
  expect(await k('rollout', 'history', 'deployment/web')).toMatch(/REVISION +CHANGE-CAUSE\n1 +<none>\n2 +<none>/);
  await k('rollout', 'undo', 'deployment/web');
  await k('rollout', 'status', 'deployment/web', '--timeout=120s');
  expect(await k('get', 'deploy', 'web', '-o', 'jsonpath={.spec.template.metadata.labels.version}')).toBe('1');
  // A rollout is over while the last of the old pods still end.
  await k('wait', '--for=delete', 'pod', '-l', 'version=2', '--timeout=120s');
});

test('describe shows conditions, containers and events', async () => {
  const name = (await k('get', 'pods', '-l', 'app=web', '-o', 'name')).split('\n')[0] ?? '';
  const text = await k('describe', name);
  expect(text).toMatch(/Status: +Running/);
  expect(text).toMatch(/Ready +True/);
  // Events are written behind what they tell of.
  await eventually(async () => /Normal +Scheduled [^]*Normal +Started /.test(await k('describe', name)), 'the events of a pod');
  await eventually(async () => (await k('describe', 'deployment', 'web')).includes('ScalingReplicaSet'), 'the events of a deployment');
  expect(await cluster.kubectl('describe', 'node')).toMatch(/Ready +True/);
});

test('events', async () => {
  await eventually(async () => /Scheduled .*Successfully assigned kubectl-test\/web-/.test(await k('get', 'events')), 'the event of a pod');
  await eventually(async () => (await k('events', '--for', 'deployment/web')).includes('ScalingReplicaSet'), 'the event of the deployment');
});

test('logs, and logs -f until the end', async () => {
  await cluster.apply(`
apiVersion: v1
kind: Pod
metadata: { name: counter, namespace: ${namespace} }
spec:
  restartPolicy: Never
  containers:
    - name: main
      image: rhythm.local/hello:v1
      command: [/bin/sh, -c, 'for i in 1 2 3; do echo line $i; sleep 1; done']
`);
  await eventually(async () => (await k('get', 'pod', 'counter', '-o', 'jsonpath={.status.phase}')) !== 'Pending', 'it has begun');
  expect(await k('logs', '-f', 'counter')).toBe('line 1\nline 2\nline 3\n');
  expect(await k('logs', 'counter', '--tail=1')).toBe('line 3\n');
  expect(await k('logs', 'counter', '--timestamps')).toMatch(/^\d{4}-\d\d-\d\dT\S+Z line 1\n/);
  await k('wait', '--for=jsonpath={.status.phase}=Succeeded', 'pod/counter', '--timeout=120s');
});

test('exec gives output, exit code and standard input', async () => {
  const [pod = ''] = (await k('get', 'pods', '-l', 'app=web', '-o', 'jsonpath={.items[*].metadata.name}')).split(' ');
  expect(await k('exec', pod, '--', 'echo', 'hello')).toBe('hello\n');
  const failed = await cluster.tryKubectl('-n', namespace, 'exec', pod, '--', '/bin/sh', '-c', 'echo out; echo err >&2; exit 7');
  expect([failed.code, failed.stdout]).toEqual([7, 'out\n']);
  expect(failed.stderr).toMatch(/^err\n/);
});

test('wait for deletion, which a finalizer holds up', async () => {
  await apply('apiVersion: v1\nkind: ConfigMap\nmetadata: { name: waited, finalizers: [example.com/hold] }\n');
  await k('delete', 'configmap', 'waited', '--wait=false');
  expect(await k('get', 'configmap', 'waited', '-o', 'jsonpath={.metadata.deletionTimestamp}')).toMatch(/^\d{4}-/);
  const waiting = k('wait', '--for=delete', 'configmap/waited', '--timeout=120s');
  await k('patch', 'configmap', 'waited', '--type=merge', '-p', '{"metadata":{"finalizers":null}}');
  await waiting;
  expect((await cluster.tryKubectl('-n', namespace, 'get', 'configmap', 'waited')).code).toBe(1);
});

test('auth can-i, for oneself and for others', async () => {
  expect(await k('auth', 'can-i', 'create', 'pods')).toBe('yes\n');
  const node = await cluster.tryKubectl('auth', 'can-i', 'delete', 'secrets', '--as=system:serviceaccount:default:default');
  expect([node.code, node.stdout]).toEqual([1, 'no\n']);
  expect(await cluster.kubectl('auth', 'whoami')).toMatch(/kubernetes-admin/);
});

test('api-resources and api-versions', async () => {
  const names = (await cluster.kubectl('api-resources', '-o', 'name')).trim().split('\n');
  for (const name of ['pods', 'deployments.apps', 'services', 'endpointslices.discovery.k8s.io', 'leases.coordination.k8s.io', 'clusterroles.rbac.authorization.k8s.io', 'jobs.batch', 'networkpolicies.networking.k8s.io']) expect(names).toContain(name);
  expect(await cluster.kubectl('api-resources')).toMatch(/^pods +po +v1 +true +Pod$/m);
  expect((await cluster.kubectl('api-versions')).trim().split('\n')).toContain('apps/v1');
});

test('deleting a namespace takes everything in it', async () => {
  await cluster.kubectl('create', 'namespace', 'short-lived');
  await cluster.kubectl('-n', 'short-lived', 'create', 'configmap', 'inside');
  await cluster.kubectl('delete', 'namespace', 'short-lived', '--timeout=120s');
  expect((await cluster.tryKubectl('get', 'namespace', 'short-lived')).code).toBe(1);
});

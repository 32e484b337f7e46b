import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect } from 'vitest';
import { eventually } from '../support/cluster.ts';
import { busybox, command, inNamespace, nginx } from './commands.ts';

const k = inNamespace('kubectl-read');
let pod = '';

beforeAll(async () => {
  await Promise.all([k.deployment('web', 2), k.ok('create', 'configmap', 'settings', '--from-literal=key=value', '--from-literal=other=two')]);
  await k.ok('expose', 'deployment', 'web', '--port=80');
  pod = (await k.ok('get', 'pods', '-l', 'app=web', '-o', 'jsonpath={.items[0].metadata.name}')).trim();
});

command('get', async () => {
  expect(await k.ok('get', 'deploy', 'web')).toMatch(/^NAME +READY +UP-TO-DATE +AVAILABLE +AGE\nweb +2\/2 +2 +2 +\S+\n$/);
  expect(await k.ok('get', 'svc', 'web')).toMatch(/^NAME +TYPE +CLUSTER-IP +EXTERNAL-IP +PORT\(S\) +AGE\nweb +ClusterIP +10\.\S+ +<none> +80\/TCP +\S+\n$/);
  expect(await k.ok('get', 'deploy,svc', '-l', 'app=web')).toMatch(/^NAME +READY[^]*\ndeployment.apps\/web [^]*\n\nNAME +TYPE[^]*\nservice\/web /);
  expect(await k.ok('get', 'all')).toMatch(/^NAME +READY +STATUS[^]*pod\/web-[^]*service\/web[^]*deployment.apps\/web[^]*replicaset.apps\/web-/);
  expect(await k.fails('get', 'pods', 'nobody')).toBe('Error from server (NotFound): pods "nobody" not found\n');
  expect(await k.fails('get', 'nothings')).toBe('error: the server doesn\'t have a resource type "nothings"\n');
  expect((await k.try(['get', 'pods', '-n', 'not-there'])).stderr).toBe('No resources found in not-there namespace.\n');
});
command('get -o wide', async () => {
  expect(await k.ok('get', 'deploy', 'web', '-o', 'wide')).toMatch(/^NAME +READY +UP-TO-DATE +AVAILABLE +AGE +CONTAINERS +IMAGES +SELECTOR\nweb +2\/2 +2 +2 +\S+ +nginx +\S+nginx:v1 +app=web\n$/);
  expect(await k.ok('get', 'nodes', '-o', 'wide')).toMatch(/^NAME +STATUS +ROLES +AGE +VERSION +INTERNAL-IP +EXTERNAL-IP +OS-IMAGE +KERNEL-VERSION +CONTAINER-RUNTIME\n\S+ +Ready .* containerd:\/\//);
  expect(await k.ok('get', 'pod', pod, '-o', 'wide')).toMatch(/NOMINATED NODE +READINESS GATES\n\S+ +1\/1 +Running +0 +\S+ +10\.\S+ +\S+ +<none> +<none>\n$/);
});
command('get -o yaml, json, name, kyaml', async () => {
  expect(await k.ok('get', 'cm', 'settings', '-o', 'yaml')).toMatch(/^apiVersion: v1\ndata:\n {2}key: value\n {2}other: two\nkind: ConfigMap\nmetadata:\n/);
  expect(JSON.parse(await k.ok('get', 'cm', 'settings', '-o', 'json'))).toMatchObject({ kind: 'ConfigMap', apiVersion: 'v1', data: { key: 'value' } });
  expect(await k.ok('get', 'cm', 'settings', '-o', 'name')).toBe('configmap/settings\n');
  expect(await k.ok('get', 'cm', 'settings', '-o', 'kyaml')).toContain('kind: "ConfigMap",');
});
command('get -o jsonpath, go-template, custom-columns', async () => {
  expect(await k.ok('get', 'cm', 'settings', '-o', 'jsonpath={.data.key}')).toBe('value');
  expect(await k.ok('get', 'cm', 'settings', '-o', 'jsonpath-as-json={.data.key}')).toBe('[\n    "value"\n]\n');
  expect(await k.ok('get', 'cm', 'settings', '-o', 'go-template={{range $k, $v := .data}}{{$k}}={{$v}};{{end}}')).toBe('key=value;other=two;');
  expect(await k.ok('get', 'cm', 'settings', '-o', 'custom-columns=NAME:.metadata.name,KEY:.data.key')).toBe('NAME       KEY\nsettings   value\n');
});
command('get -l, --field-selector, --sort-by, --show-labels, -L', async () => {
  expect((await k.ok('get', 'pods', '-l', 'app in (web)', '-o', 'name')).trim().split('\n')).toHaveLength(2);
  expect(await k.ok('get', 'pods', '--field-selector', `metadata.name=${pod}`, '-o', 'name')).toBe(`pod/${pod}\n`);
  expect(await k.fails('get', 'pods', '--field-selector', 'foo=bar')).toContain('field label not supported: foo');
  expect(await k.fails('get', 'pods', '-l', 'app in (web')).toContain("unable to parse requirement: found '', expected: ',' or ')'");
  const sorted = (await k.ok('get', 'cm', '--sort-by=.metadata.name', '-o', 'name')).trim().split('\n');
  expect(sorted).toEqual([...sorted].sort());
  expect(await k.ok('get', 'deploy', 'web', '--show-labels')).toMatch(/LABELS\n.* app=web\n$/);
  expect(await k.ok('get', 'deploy', 'web', '-L', 'app')).toMatch(/APP\n.* web\n$/);
});
command('get --chunk-size, --subresource, --raw, --ignore-not-found', async () => {
  expect((await k.ok('get', 'clusterroles', '--chunk-size=10', '-o', 'name')).trim().split('\n').length).toBeGreaterThan(40);
  expect(await k.ok('get', 'deploy', 'web', '--subresource=scale')).toMatch(/^NAME +DESIRED +AVAILABLE +AGE\nweb +2 +2 +\S+\n$/);
  expect(await k.ok('get', 'deploy', 'web', '--subresource=status', '-o', 'jsonpath={.status.readyReplicas}')).toBe('2');
  expect(JSON.parse(await k.ok('get', '--raw', '/version'))).toMatchObject({ major: '1', minor: '35' });
  expect(await k.ok('get', '--raw', '/readyz?verbose')).toMatch(/\[\+\]etcd ok[^]*readyz check passed/);
  expect(await k.ok('get', 'pod', 'nobody', '--ignore-not-found')).toBe('');
  expect((await k.try(['get', 'endpoints', 'web'])).stderr).toBe('Warning: v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice\n');
});
command('get -w', async () => {
  await using watch = k.start('get', 'secrets', '-w', '--output-watch-events');
  await k.ok('create', 'secret', 'generic', 'seen', '--from-literal=a=b');
  await watch.until(/ADDED +seen +Opaque +1 +\S+\n/);
  await k.ok('delete', 'secret', 'seen');
  await watch.until(/DELETED +seen /);
});

command('describe pod', async () => {
  const text = await k.ok('describe', 'pod', pod);
  expect(text).toMatch(/^Name: +web-\S+\nNamespace: +kubectl-read\nPriority: +0\nService Account: +default\nNode: +\S+\/\S+\n/);
  expect(text).toMatch(/Controlled By: +ReplicaSet\/web-/);
  expect(text).toMatch(/State: +Running\n +Started: +[A-Z].*\n +Ready: +True\n +Restart Count: +0\n/);
  expect(text).toMatch(/Ready +True/);
  expect(text).toMatch(/kube-api-access-\w+:\n +Type: +Projected/);
  expect(text).toMatch(/Normal +Scheduled +\S+ +default-scheduler +Successfully assigned kubectl-read\/web-\S+ to /);
  expect(text).toMatch(/Normal +Pulled +\S+ +kubelet +spec\.containers\{nginx\}: (Successfully pulled image "\S+" in \S+ \(\S+ including waiting\)\. Image size: \d+ bytes\.|Container image "\S+" already present on machine and can be accessed by the pod)\n/);
  expect(text).toMatch(/Normal +Created +\S+ +kubelet +spec\.containers\{nginx\}: Container created\n/);
  expect(text).toMatch(/Normal +Started +\S+ +kubelet +spec\.containers\{nginx\}: Container started\n/);
});
command('describe workloads and services', async () => {
  const deployment = await k.ok('describe', 'deploy', 'web');
  expect(deployment).toMatch(/Replicas: +2 desired \| 2 updated \| 2 total \| 2 available \| 0 unavailable\n/);
  expect(deployment).toMatch(/Available +True +MinimumReplicasAvailable\n +Progressing +True +NewReplicaSetAvailable\n/);
  expect(deployment).toMatch(/ScalingReplicaSet +\S+ +deployment-controller +Scaled up replica set web-\S+ from 0 to 2\n/);
  expect(await k.ok('describe', 'rs')).toMatch(/Pods Status: +2 Running \/ 0 Waiting \/ 0 Succeeded \/ 0 Failed[^]*SuccessfulCreate +\S+ +replicaset-controller +Created pod: web-/);
  expect(await k.ok('describe', 'svc', 'web')).toMatch(/TargetPort: +80\/TCP\nEndpoints: +10\.\S+:80,10\.\S+:80\nSession Affinity: +None\n/);
  expect(await k.ok('describe', 'endpointslice')).toMatch(/AddressType: +IPv4[^]*TargetRef: +Pod\/web-/);
});
command('describe every other kind', async () => {
  expect(await k.ok('describe', 'cm', 'settings')).toMatch(/Data\n====\nkey:\n----\nvalue\n/);
  expect(await k.ok('describe', 'sa', 'default')).toMatch(/^Name: +default\n/);
  expect(await k.ok('describe', 'ns', k.namespace)).toMatch(/^Name: +kubectl-read\nLabels: +kubernetes.io\/metadata.name=kubectl-read\nAnnotations: +<none>\nStatus: +Active\n/);
  expect(await k.ok('describe', 'clusterrole', 'view')).toMatch(/PolicyRule:\n +Resources +Non-Resource URLs +Resource Names +Verbs\n/);
  expect(await k.ok('describe', 'clusterrolebinding', 'cluster-admin')).toMatch(/Role:\n +Kind: +ClusterRole\n +Name: +cluster-admin\nSubjects:\n.*\n.*\n +Group +system:masters/);
  expect(await k.ok('describe', 'priorityclass', 'system-node-critical')).toMatch(/Value: +2000001000\n/);
  const node = await k.ok('describe', 'nodes');
  expect(node).toMatch(/Ready +True +.* +KubeletReady +kubelet is posting ready status\n/);
  expect(node).toMatch(/Non-terminated Pods: +\(\d+ in total\)\n/);
  expect(await k.ok('-n', 'kube-node-lease', 'describe', 'lease')).toMatch(/Holder Identity: /);
  for (const kind of ['roles', 'rolebindings', 'secrets', 'quota', 'limits', 'pdb', 'ingress', 'jobs', 'cronjobs', 'statefulsets', 'daemonsets', 'hpa', 'pv', 'pvc', 'sc', 'netpol', 'csr', 'crd', 'ingressclass', 'runtimeclass', 'events']) {
    expect((await k.try(['describe', kind])).code).toBe(0);
  }
});
command('events', async () => {
  expect(await k.ok('events', '--for', `pod/${pod}`)).toMatch(/^LAST SEEN +TYPE +REASON +OBJECT +MESSAGE\n[^]*Normal +Scheduled +Pod\/web-/);
  expect(await k.ok('events', '--types=Warning')).not.toMatch(/Normal/);
  expect(await k.ok('get', 'events', '--field-selector', `involvedObject.name=${pod},reason=Started`, '-o', 'wide')).toMatch(/SUBOBJECT +SOURCE[^]*spec\.containers\{nginx\} +kubelet, \S+ +Container started/);
});
command('explain', async () => {
  expect(await k.ok('explain', 'pod.spec.containers.image')).toMatch(/^KIND: +Pod\nVERSION: +v1\n\nFIELD: image <string>\n/);
  expect(await k.ok('explain', 'deploy.spec', '--recursive')).toMatch(/^GROUP: +apps\nKIND: +Deployment\nVERSION: +v1\n[^]*progressDeadlineSeconds\t<integer>\n/);
});
command('api-resources, api-versions', async () => {
  expect(await k.ok('api-resources')).toMatch(/^NAME +SHORTNAMES +APIVERSION +NAMESPACED +KIND\n[^]*\npods +po +v1 +true +Pod\n/);
  expect((await k.ok('api-resources', '--namespaced=false', '-o', 'name')).split('\n')).toContain('nodes');
  expect((await k.ok('api-versions')).split('\n')).toEqual(expect.arrayContaining(['apps/v1', 'batch/v1', 'rbac.authorization.k8s.io/v1', 'v1']));
});
command('version, cluster-info, get componentstatuses, config, options, plugin, top', async () => {
  expect(await k.ok('version')).toMatch(/^Client Version: v1\.35\.\d+\nKustomize Version: \S+\nServer Version: v1\.35\./);
  const info = await k.ok('cluster-info');
  expect(info).toMatch(/Kubernetes control plane.* is running at .*https:\/\//);
  // Every address that it prints leads somewhere.
  expect(info).not.toContain('/proxy');
  const components = await k.try(['get', 'componentstatuses']);
  expect(components.stdout).toMatch(/^NAME +STATUS +MESSAGE +ERROR\ncontroller-manager +Healthy +ok +\netcd-0 +Healthy +ok +\nscheduler +Healthy +ok +\n$/);
  expect(components.stderr).toBe('Warning: v1 ComponentStatus is deprecated in v1.19+\n');
  expect(await k.ok('config', 'view', '-o', 'jsonpath={.contexts[0].context.user}')).toBe('kubernetes-admin');
  expect(await k.ok('config', 'get-contexts')).toMatch(/^CURRENT +NAME +CLUSTER +AUTHINFO +NAMESPACE\n\* /);
  expect(await k.ok('options')).toContain('The following options can be passed to any command');
  expect(await k.fails('plugin', 'list')).toContain('unable to find any kubectl plugins');
  expect(await k.fails('top', 'pods')).toBe('error: Metrics API not available\n');
});
command('cluster-info dump', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'rhythm-dump-'));
  try {
    expect(await k.ok('cluster-info', 'dump', '--namespaces', k.namespace, `--output-directory=${folder}`)).toBe(`Cluster info dumped to ${folder}\n`);
    expect(readdirSync(join(folder, k.namespace))).toEqual(expect.arrayContaining(['pods.json', 'events.json', 'deployments.json', pod]));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
command('diff', async () => {
  const manifest = (value: string): string => `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: compared }\ndata: { key: ${value} }\n`;
  await k.apply(manifest('a'));
  expect(await k.piped(manifest('a'), 'diff', '-f', '-')).toBe('');
  const { code, stdout } = await k.try(['diff', '-f', '-'], manifest('b'));
  expect([code, stdout]).toEqual([1, expect.stringMatching(/\n- {2}key: a\n\+ {2}key: b\n/)]);
  expect((await k.try(['diff', '--server-side', '--force-conflicts', '-f', '-'], manifest('b'))).stdout).toMatch(/\n- {2}key: a\n\+ {2}key: b\n/);
});
command('wait', async () => {
  expect(await k.ok('wait', '--for=condition=Available', 'deploy/web', '--timeout=10s')).toBe('deployment.apps/web condition met\n');
  expect(await k.ok('wait', '--for=jsonpath={.status.readyReplicas}=2', 'deploy/web', '--timeout=10s')).toBe('deployment.apps/web condition met\n');
  expect(await k.fails('wait', '--for=condition=Nothing', 'deploy/web', '--timeout=1s')).toBe('error: timed out waiting for the condition on deployments/web\n');
  const created = k.ok('wait', '--for=create', 'cm/awaited', '--timeout=20s');
  await k.ok('create', 'configmap', 'awaited');
  expect(await created).toBe('configmap/awaited condition met\n');
  const deleted = k.ok('wait', '--for=delete', 'cm/awaited', '--timeout=20s');
  await k.ok('delete', 'configmap', 'awaited');
  expect(await deleted).toMatch(/configmap\/awaited condition met|^$/);
});
command('get pods: what is wrong with them', async () => {
  await k.apply(`
apiVersion: v1
kind: Pod
metadata: { name: ends }
spec: { containers: [{ name: c, image: "${busybox}", command: [sh, -c, "exit 3"] }] }
---
apiVersion: v1
kind: Pod
metadata: { name: no-image }
spec: { containers: [{ name: c, image: "${nginx}-nowhere" }] }
---
apiVersion: v1
kind: Pod
metadata: { name: no-program }
spec: { containers: [{ name: c, image: "${busybox}", command: [/nowhere] }] }
---
apiVersion: v1
kind: Pod
metadata: { name: no-name }
spec: { containers: [{ name: c, image: "Not/A:good:name" }] }
---
apiVersion: v1
kind: Pod
metadata: { name: no-answer }
spec: { containers: [{ name: c, image: "${nginx}", readinessProbe: { tcpSocket: { port: 9 }, periodSeconds: 1 } }] }
---
apiVersion: v1
kind: Pod
metadata: { name: no-room }
spec: { containers: [{ name: c, image: "${busybox}", resources: { requests: { cpu: "1000" } } }] }
---
apiVersion: v1
kind: Pod
metadata: { name: no-settings }
spec: { containers: [{ name: c, image: "${busybox}", command: [sleep, "1"], envFrom: [{ configMapRef: { name: nowhere } }] }] }
---
apiVersion: v1
kind: Pod
metadata: { name: init-ends }
spec:
  initContainers: [{ name: i, image: "${busybox}", command: ["false"] }]
  containers: [{ name: c, image: "${busybox}", command: [sleep, "1"] }]
`);
  const reason = (name: string, text: string, list = 'containerStatuses'): Promise<string> => k.ok('wait', `--for=jsonpath={.status.${list}[0].state.waiting.reason}=${text}`, `pod/${name}`, '--timeout=30s');
  await Promise.all([reason('ends', 'CrashLoopBackOff'), reason('no-image', 'ImagePullBackOff'), reason('no-program', 'CrashLoopBackOff'), reason('no-settings', 'CreateContainerConfigError'), reason('init-ends', 'CrashLoopBackOff', 'initContainerStatuses')]);
  const shown = await k.ok('get', 'pods');
  expect(shown).toMatch(/\nends +0\/1 +CrashLoopBackOff +1 \(\d+s ago\) /);
  expect(shown).toMatch(/\nno-image +0\/1 +(ErrImagePull|ImagePullBackOff) +0 /);
  expect(shown).toMatch(/\nno-program +0\/1 +CrashLoopBackOff +1 \(\d+s ago\) /);
  expect(shown).toMatch(/\nno-name +0\/1 +InvalidImageName +0 /);
  expect(shown).toMatch(/\nno-room +0\/1 +Pending +0 /);
  expect(shown).toMatch(/\nno-settings +0\/1 +CreateContainerConfigError +0 /);
  expect(shown).toMatch(/\ninit-ends +0\/1 +Init:CrashLoopBackOff +1 \(\d+s ago\) /);
  expect(await k.ok('describe', 'pod', 'ends')).toMatch(/Warning +BackOff +\S+.* kubelet +spec\.containers\{c\}: Back-off restarting failed container c in pod ends_kubectl-read\(/);
  expect(await k.ok('describe', 'pod', 'no-image')).toMatch(/Warning +Failed +.* kubelet +spec\.containers\{c\}: Failed to pull image "\S+": .*not found\n/);
  await eventually(async () => /Warning +Unhealthy +.* kubelet +spec\.containers\{c\}: Readiness probe failed: dial tcp 10\.\S+:9: connect: connection refused\n/.test(await k.ok('describe', 'pod', 'no-answer')), 'a failed probe');
  expect(await k.ok('describe', 'pod', 'no-room')).toMatch(/Warning +FailedScheduling +\S+.* default-scheduler +0\/1 nodes are available: 1 Insufficient cpu\./);
});

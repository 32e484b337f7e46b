import { request } from 'node:http';
import { request as secureRequest } from 'node:https';
import { beforeAll, expect, inject, test } from 'vitest';
import { Cluster, eventually } from '../support/cluster.ts';

const cluster = new Cluster(inject('clusterDir'));
const calls = 60;

interface PodList {
  readonly items: ReadonlyArray<{ readonly metadata: { readonly name: string; readonly deletionTimestamp?: string }; readonly status: { readonly podIP?: string } }>;
}

let clusterIp: string;
beforeAll(async () => {
  await cluster.kubectl('rollout', 'status', 'deployment/hello', '--timeout=120s');
  clusterIp = await cluster.kubectl('get', 'service', 'hello', '-o', 'jsonpath={.spec.clusterIP}');
});

async function podNames(): Promise<string[]> {
  const { items } = await cluster.json<PodList>('get', 'pods', '-l', 'app=hello');
  return items.filter(({ metadata }) => metadata.deletionTimestamp === undefined).map(({ metadata }) => metadata.name).toSorted();
}

/** One call on a connection of its own. */
function call(host: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const calling = request({ host, port: 80, agent: false, timeout: 30_000 }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += String(chunk)));
      response.on('end', () => resolve(text.trim()));
      response.on('error', reject);
    });
    calling.on('timeout', () => calling.destroy(new Error(`${host} does not answer`)));
    calling.on('error', reject).end();
  });
}

async function callMany(): Promise<Set<string>> {
  const names = new Set<string>();
  for (let count = 0; count < calls; count++) names.add(await call(clusterIp));
  return names;
}

test('up says who answered, from the host and from a pod', async () => {
  const output = inject('upOutput');
  expect(output).toMatch(/hello: rollout .* 3 of 3 available/);
  for (const from of ['host', 'a pod']) expect(output).toMatch(new RegExp(`hello: from (the )?${from} .* hello-[a-z0-9]+-[a-z0-9]{5} x\\d`));
});

test(`${calls} requests from the host to the ClusterIP give exactly the three pods' names`, async () => {
  expect([...(await callMany())].toSorted()).toEqual(await podNames());
});

test(`${calls} requests from a pod, by name, give exactly the three pods' names`, async () => {
  const names = await podNames();
  const script = `for i in $(seq ${calls}); do wget -qO- http://hello.default.svc.cluster.local; done`;
  const answers = (await cluster.kubectl('exec', names[0] ?? '', '--', '/bin/sh', '-ec', script)).trim().split('\n');
  expect(answers).toHaveLength(calls);
  expect([...new Set(answers)].toSorted()).toEqual(names);
});

test('a pod reaches the API server with its service account', async () => {
  const [pod = ''] = await podNames();
  const script = 'cat /var/run/secrets/kubernetes.io/serviceaccount/namespace; nslookup kubernetes.default.svc.cluster.local >/dev/null && echo " $KUBERNETES_SERVICE_HOST:$KUBERNETES_SERVICE_PORT" && nc -w 5 kubernetes.default.svc.cluster.local 443 </dev/null && echo open';
  expect(await cluster.kubectl('exec', pod, '--', '/bin/sh', '-c', script)).toMatch(/^default 10\.\d+\.\d+\.1:443\nopen\n$/);
  // The token is the account's: asked with it, the API server says who it is.
  const folder = '/var/run/secrets/kubernetes.io/serviceaccount';
  const [token, ca] = await Promise.all(['token', 'ca.crt'].map((file) => cluster.kubectl('exec', pod, '--', 'cat', `${folder}/${file}`)));
  const review = await whoIs((await cluster.kubectl('config', 'view', '-o', 'jsonpath={.clusters[0].cluster.server}')).trim(), ca ?? '', token ?? '');
  expect(review.status.userInfo.username).toBe('system:serviceaccount:default:default');
});

/** What the API server says about the bearer of a token. */
function whoIs(server: string, ca: string, token: string): Promise<{ status: { userInfo: { username: string } } }> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const sent = secureRequest(`${server}/apis/authentication.k8s.io/v1/selfsubjectreviews`, { method: 'POST', ca, headers }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += String(chunk)));
      response.on('end', () => resolve(JSON.parse(text) as { status: { userInfo: { username: string } } }));
    });
    sent.on('error', reject);
    sent.end(JSON.stringify({ apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' }));
  });
}

test('when a pod is deleted its successor answers', async () => {
  const before = await podNames();
  await cluster.kubectl('delete', 'pod', before[0] ?? '', '--wait=false');
  const successor = await eventually(async () => {
    const now = await callMany();
    return [...now].find((name) => !before.includes(name));
  }, 'the successor answers');
  expect(await podNames()).toContain(successor);
  await eventually(async () => !(await callMany()).has(before[0] ?? ''), 'the deleted pod answers no more');
  // Other files find three pods, and no other.
  await cluster.kubectl('wait', '--for=delete', `pod/${before[0] ?? ''}`, '--timeout=120s');
  await cluster.kubectl('rollout', 'status', 'deployment/hello', '--timeout=120s');
});

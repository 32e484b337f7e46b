import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { V1Deployment } from '@kubernetes/client-node';
import { expect, inject } from 'vitest';
import { Cluster } from '../../../support/cluster.ts';
import { row, type Context } from '../../harness/index.ts';

row('kubectl-api-versions', async (k) => {
  const versions = (await k.kubectl(['api-versions'])).trim().split('\n');
  expect(versions).toContain('v1');
  expect(versions).toEqual(expect.arrayContaining(['apps/v1', 'batch/v1', 'rbac.authorization.k8s.io/v1']));
  expect(new Set(versions).size).toBe(versions.length);
  // What is defined while the server runs is a version like the others.
  const group = `${k.namespace}.example.com`;
  await k.create('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
    metadata: { name: `things.${group}` },
    spec: { group, scope: 'Namespaced', names: { plural: 'things', kind: 'Thing' }, versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }] },
  });
  await k.eventually(async () => (await k.kubectl(['api-versions'])).split('\n').includes(`${group}/v1`), 'the version of a definition is listed');
});

row('kubectl-cluster-info', async (k) => {
  const server = k.config.getCurrentCluster()?.server ?? '';
  const service = (name: string, labels: object): object => ({ metadata: { name, labels }, spec: { ports: [{ port: 80 }] } });
  await k.create(k.path('services'), service('of-the-cluster', { 'kubernetes.io/cluster-service': 'true', 'kubernetes.io/name': 'Dashboard' }));
  await k.create(k.path('services'), service('of-somebody', { 'kubernetes.io/name': 'Something' }));
  const lines = (await k.kubectl(['cluster-info'])).split('\n');
  expect(lines[0]).toBe(`Kubernetes control plane is running at ${server}`);
  // Services that call themselves part of the cluster, and no others.
  expect(lines[1]).toBe(`Dashboard is running at ${server}${k.path('services')}/of-the-cluster/proxy`);
  expect(lines[2]).toBe('');
});

const deployment = (image: string): string => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 0
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: web, image: ${image} }] }
`;

/** Nothing is left for the controller to write. */
const hasSettled = (object: V1Deployment | undefined): boolean =>
  object?.status?.observedGeneration === object?.metadata?.generation &&
  object?.metadata?.annotations?.['deployment.kubernetes.io/revision'] === '1' &&
  ['MinimumReplicasAvailable', 'NewReplicaSetAvailable'].every((wanted) => object.status?.conditions?.some(({ reason, status }) => reason === wanted && status === 'True') === true);

row('kubectl-diff', async (k) => {
  await k.kubectl(['create', '-f', '-'], deployment('example.com/web:1'));
  const before = await k.until<V1Deployment>(k.path('apps/v1', 'deployments', 'web'), hasSettled, 'the deployment has settled');
  for (const flags of [[], ['--server-side', '--force-conflicts']]) {
    const diff = await k.tryKubectl(['diff', ...flags, '-f', '-'], deployment('example.com/web:2'));
    expect(diff.code, diff.stderr).toBe(1);
    // Of the two sides only what is meant differs; defaults are on both.
    const changed = diff.stdout.split('\n').filter((line) => /^[-+](?![-+])/.test(line) && !/generation:|managedFields|^[-+] *(-? ?manager|operation|apiVersion|time|fieldsType|subresource|f:|\.|k:|fieldsV1)/.test(line));
    expect(changed.map((line) => line.replaceAll(/\s+/g, ' '))).toEqual(['- - image: example.com/web:1', '+ - image: example.com/web:2']);
  }
  expect(await k.get(k.path('apps/v1', 'deployments', 'web'))).toEqual(before);
  expect(await k.tryKubectl(['diff', '-f', '-'], deployment('example.com/web:1'))).toMatchObject({ code: 0, stdout: '' });
});

row('kubectl-version', async (k) => {
  const { serverVersion, clientVersion } = JSON.parse(await k.kubectl(['version', '-o', 'json'])) as { serverVersion: Record<string, string>; clientVersion: Record<string, string> };
  for (const key of ['major', 'minor', 'gitVersion', 'gitCommit', 'gitTreeState', 'buildDate', 'goVersion', 'compiler', 'platform']) expect(serverVersion[key], key).toBeTruthy();
  expect(serverVersion).toMatchObject({ major: '1', minor: clientVersion['minor'], gitVersion: expect.stringMatching(/^v1\.\d+\.\d+/) as string });
  const { stdout, stderr } = await k.tryKubectl(['version']);
  expect(stdout).toContain(`Server Version: ${serverVersion['gitVersion']}`);
  // The two are of one minor version: kubectl has nothing to warn of.
  expect(stderr).toBe('');
  expect((await k.raw('POST', '/version', { body: {} })).code).toBe(405);
});

row('kubectl-proxy-port0', async (k) => {
  await using proxy = startProxy(k, ['--port=0']);
  const [, port] = await proxy.said(/Starting to serve on 127\.0\.0\.1:(\d+)/);
  await servesTheApi(k, { host: '127.0.0.1', port: Number(port) });
});

row('kubectl-proxy-socket', async (k) => {
  const folder = mkdtempSync(join(tmpdir(), 'conformance-proxy-'));
  k.cleanup(() => rmSync(folder, { recursive: true, force: true }));
  const socketPath = join(folder, 'socket');
  await using proxy = startProxy(k, [`--unix-socket=${socketPath}`]);
  await proxy.said(/Starting to serve on/);
  await servesTheApi(k, { socketPath });
});

interface Proxy extends AsyncDisposable {
  said(pattern: RegExp): Promise<RegExpMatchArray>;
}

function startProxy(k: Context, flags: readonly string[]): Proxy {
  const child = spawn(inject('kubectl'), ['proxy', '--disable-filter', ...flags], { env: { ...process.env, KUBECONFIG: new Cluster(inject('clusterDir')).kubeconfig }, stdio: ['ignore', 'pipe', 'ignore'] });
  const ended = once(child, 'exit');
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += String(chunk)));
  return {
    said: (pattern) => k.eventually(async () => text.match(pattern) ?? undefined, `${pattern} from kubectl proxy, which said ${text}`),
    async [Symbol.asyncDispose]() {
      child.kill();
      await ended;
    },
  };
}

type Place = { readonly host: string; readonly port: number } | { readonly socketPath: string };

/** The versions of the core group, and objects as their server selects them. */
async function servesTheApi(k: Context, where: Place): Promise<void> {
  expect(await ask(where, '/api/')).toMatchObject({ versions: ['v1'], serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0' }] });
  for (const name of ['one', 'two']) await k.create(k.path('configmaps'), { metadata: { name, labels: { name } } });
  expect(await ask(where, `${k.path('configmaps')}?labelSelector=name%3Dtwo`)).toMatchObject({ kind: 'ConfigMapList', items: [{ metadata: { name: 'two' } }] });
}

async function ask(where: Place, path: string): Promise<unknown> {
  const asked = request({ ...where, path, agent: false });
  asked.end();
  const [response] = (await once(asked, 'response')) as [AsyncIterable<Buffer>];
  const pieces: Buffer[] = [];
  for await (const piece of response) pieces.push(piece);
  return JSON.parse(Buffer.concat(pieces).toString());
}

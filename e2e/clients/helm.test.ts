import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { Cluster, eventually, exec, ok, type Output } from '../support/cluster.ts';
import { configMap, Kubectl, nginx, Scratch } from '../kubectl/commands.ts';

/**
 * helm 4 (server-side apply is its default) with a chart of our own: a definition of its own kind and an object of it, every sort of
 * object that charts usually have, hooks that run pods, a test.
 */
const chart = join(dirname(fileURLToPath(import.meta.url)), 'charts/shop');

interface Revision {
  readonly revision: number;
  readonly status: string;
  readonly description: string;
}

describe('helm 4', { shuffle: false }, () => {
  const namespace = 'helm';
  const k = new Kubectl(namespace);
  const scratch = new Scratch();
  const env = { ...k.env, HELM_CACHE_HOME: join(scratch.path, 'cache'), HELM_CONFIG_HOME: join(scratch.path, 'config'), HELM_DATA_HOME: join(scratch.path, 'data') };
  const slow = ['--timeout', '170s'];
  const helm = (...args: string[]): Promise<string> => ok(inject('helm'), [...args, '--namespace', namespace], { env, timeoutMs: 180_000 });
  const tryHelm = (...args: string[]): Promise<Output> => exec(inject('helm'), [...args, '--namespace', namespace], { env, timeoutMs: 180_000 });
  const values = (...more: string[]): string[] => ['--set', [`image=${nginx}`, ...more].join(',')];
  const history = async (): Promise<Revision[]> => JSON.parse(await helm('history', 'shop', '-o', 'json')) as Revision[];
  const seen = async (): Promise<string> => k.ok('get', 'deployment/shop', 'configmap/shop', 'order/shop-first', '-o', 'jsonpath={range .items[*]}{.spec.replicas}{.data.greeting}{.spec.item}{" "}{end}');

  beforeAll(async () => {
    await new Cluster(inject('clusterDir')).kubectl('create', 'namespace', namespace);
    // Hooks are pods, made without a controller that would try again.
    await k.ok('wait', '--for=create', 'serviceaccount/default', '--timeout=120s');
  });
  afterAll(async () => {
    await k.try(['delete', 'namespace', namespace, '--wait=false']);
    await k.try(['delete', 'crd', 'orders.shop.example.com']);
  });

  test('a chart is rendered against what the cluster says it can', async () => {
    expect(await helm('template', 'shop', chart, '--include-crds', ...values())).toContain('kind: CustomResourceDefinition');
    const refused = await tryHelm('install', 'shop', chart);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('an image is needed') as string });
  });

  test('install: definitions first, hooks run, objects ready', async () => {
    expect(await helm('install', 'shop', chart, '--wait', ...slow, ...values('replicas=2'))).toContain('STATUS: deployed');
    expect(await seen()).toBe('2 hello hello ');
    expect(await k.ok('get', 'deployment', 'shop', '-o', 'jsonpath={.status.readyReplicas}')).toBe('2');
    expect(await k.ok('get', 'order', 'shop-first', '-o', 'jsonpath={.spec.count}')).toBe('1');
    await eventually(async () => (await k.ok('get', 'pods', '-l', '!app.kubernetes.io/instance', '-o', 'name')) === '', 'the pods of hooks are gone');
    expect(await helm('list', '-o', 'json')).toContain('"status":"deployed"');
    expect(await helm('status', 'shop')).toContain('REVISION: 1');
    expect(await helm('get', 'manifest', 'shop')).toContain('kind: Order');
  });

  test('the test of the chart asks the service', async () => {
    expect(await helm('test', 'shop', ...slow)).toContain('Succeeded');
  });

  test('upgrade: what changed is rolled out, what others set stays', async () => {
    await k.ok('annotate', 'configmap', 'shop', 'note=of-another');
    expect(await helm('upgrade', 'shop', chart, '--wait', ...slow, ...values('replicas=1', 'greeting=bonjour'))).toContain('REVISION: 2');
    expect(await seen()).toBe('1 bonjour bonjour ');
    expect(await k.ok('get', 'configmap', 'shop', '-o', 'jsonpath={.metadata.annotations.note}')).toBe('of-another');
    expect(await k.ok('rollout', 'status', 'deployment/shop')).toContain('successfully rolled out');
  });

  test('a dry run on the server changes nothing', async () => {
    // Not the versions: the deployment's status follows its last pods.
    const wanted = (): Promise<string> => k.ok('get', 'configmap,deployment,order', '-o', 'jsonpath={range .items[*]}{.metadata.generation} {.metadata.annotations} {.metadata.labels} {.data} {.spec}{"\\n"}{end}');
    const before = await wanted();
    expect(await helm('upgrade', 'shop', chart, '--dry-run=server', ...values('greeting=never'))).toContain('never');
    expect(await wanted()).toBe(before);
  });

  test('an upgrade whose hook fails, and one the cluster refuses, leave the release failed and say why', async () => {
    const hook = await tryHelm('upgrade', 'shop', chart, ...values('failHook=true', 'greeting=third'));
    expect(hook).toMatchObject({ code: 1, stderr: expect.stringContaining('shop-pre-install-pre-upgrade') as string });
    const refused = await tryHelm('upgrade', 'shop', chart, ...values('replicas=-1'));
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('spec.replicas') as string });
    expect((await history()).map(({ status }) => status)).toEqual(['superseded', 'deployed', 'failed', 'failed']);
  });

  test('rollback: the first revision again, as a new one', async () => {
    expect(await helm('rollback', 'shop', '1', '--wait', ...slow)).toContain('Rollback was a success');
    expect(await seen()).toBe('2 hello hello ');
    expect((await history()).at(-1)).toMatchObject({ revision: 5, status: 'deployed', description: 'Rollback to 1' });
  });

  test('an object that is not the release’s is not taken over', async () => {
    await k.apply(configMap('other', 'mine'));
    const output = await tryHelm('install', 'other', chart, ...values());
    expect(output).toMatchObject({ code: 1, stderr: expect.stringContaining('cannot be imported into the current release') as string });
    expect(await k.ok('get', 'configmap', 'other', '-o', 'jsonpath={.data.key}')).toBe('mine');
    expect(await k.ok('get', 'deployments', '-o', 'name')).toBe('deployment.apps/shop\n');
  });

  test('uninstall: everything but the definition is gone', async () => {
    expect(await helm('uninstall', 'shop', '--wait', ...slow)).toContain('release "shop" uninstalled');
    expect(await k.ok('get', 'deployment,service,order,role,rolebinding', '-o', 'name')).toBe('');
    expect(await k.ok('get', 'secrets', '-o', 'name')).toBe('');
    expect(await k.ok('get', 'crd', 'orders.shop.example.com', '-o', 'name')).toContain('orders.shop.example.com');
    expect(await helm('list', '-o', 'json')).toBe('[]\n');
  });
});

import { App, ApiObject, Chart, JsonPatch } from 'cdk8s';
import type { Construct } from 'constructs';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { Cluster } from '../support/cluster.ts';
import { Kubectl, nginx } from '../kubectl/commands.ts';

/** Manifests that a program makes, as cdk8s users do: constructs in, YAML out, kubectl applies and prunes. */
const namespace = 'cdk8s';
const k = new Kubectl(namespace);

class Shop extends Chart {
  constructor(scope: Construct, { replicas, extra }: { readonly replicas: number; readonly extra: boolean }) {
    super(scope, 'shop', { namespace, labels: { app: 'shop' }, disableResourceNameHashes: true });
    const config = new ApiObject(this, 'config', { apiVersion: 'v1', kind: 'ConfigMap', data: { replicas: String(replicas) } } as never);
    const deployment = new ApiObject(this, 'web', {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      spec: {
        replicas,
        selector: { matchLabels: { app: 'shop' } },
        template: { metadata: { labels: { app: 'shop' } }, spec: { terminationGracePeriodSeconds: 1, containers: [{ name: 'web', image: nginx, envFrom: [{ configMapRef: { name: config.name } }] }] } },
      },
    } as never);
    deployment.addDependency(config);
    deployment.addJsonPatch(JsonPatch.add('/metadata/annotations', { 'example.com/made-by': 'a-program' }));
    new ApiObject(this, 'service', { apiVersion: 'v1', kind: 'Service', spec: { selector: { app: 'shop' }, ports: [{ port: 80 }] } } as never);
    if (extra) new ApiObject(this, 'extra', { apiVersion: 'v1', kind: 'Secret', stringData: { key: 'value' } } as never);
  }
}

function synthesize(props: { readonly replicas: number; readonly extra: boolean }): string {
  const app = new App();
  new Shop(app, props);
  return app.synthYaml();
}

/** With an apply set, which remembers what was applied together (KEP-3659). */
async function apply(manifest: string): Promise<string> {
  const { code, stdout, stderr } = await k.try(['apply', '--server-side', '--prune', '--applyset=shop', '-f', '-'], manifest, { KUBECTL_APPLYSET: 'true' });
  if (code !== 0) throw new Error(stderr);
  return stdout;
}

beforeAll(async () => {
  await new Cluster(inject('clusterDir')).kubectl('create', 'namespace', namespace);
});
afterAll(async () => {
  await k.try(['delete', 'namespace', namespace, '--wait=false']);
});

test('a program of cdk8s: applied, changed, applied again, pruned', async () => {
  expect(await apply(synthesize({ replicas: 1, extra: true }))).toContain('deployment.apps/shop-web serverside-applied');
  await k.ok('rollout', 'status', 'deployment/shop-web', '--timeout=120s');
  expect(await k.ok('get', 'secret', 'shop-extra', '-o', 'jsonpath={.data.key}')).toBe('dmFsdWU=');

  expect(await apply(synthesize({ replicas: 2, extra: false }))).toContain('secret/shop-extra pruned');
  await k.ok('wait', '--for=jsonpath={.status.readyReplicas}=2', 'deployment/shop-web', '--timeout=120s');
  expect(await k.ok('get', 'deployment', 'shop-web', '-o', String.raw`jsonpath={.metadata.annotations.example\.com/made-by}`)).toBe('a-program');

  const unchanged = await k.ok('get', 'deployment,configmap,service', '-l', 'app=shop', '-o', 'jsonpath={.items[*].metadata.generation}');
  await apply(synthesize({ replicas: 2, extra: false }));
  expect(await k.ok('get', 'deployment,configmap,service', '-l', 'app=shop', '-o', 'jsonpath={.items[*].metadata.generation}')).toBe(unchanged);
});

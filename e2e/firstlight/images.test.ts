import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { localImages } from '@rhythm/cli';
import { Cluster, eventually, ok, repository } from '../support/cluster.ts';
import { startRegistry, type Registry } from '../support/registry.ts';

const cluster = new Cluster(inject('clusterDir'));
let registry: Registry;
let image: string;

beforeAll(async () => {
  registry = await startRegistry();
  const [hello] = await localImages();
  image = await registry.push('library/web', 'v1', hello?.layers[0] ?? [], ['/bin/httpd', '-f', '-p', '80', '-h', '/etc']);
});
afterAll(async () => {
  await cluster.tryKubectl('delete', 'pod,deployment', '-l', 'from=registry', '--wait=false');
  await registry.stop();
});

interface Pod {
  readonly status: { readonly containerStatuses?: ReadonlyArray<{ readonly imageID: string; readonly state: { readonly waiting?: { readonly reason: string } } }> };
}

test('create deployment --image pulls from a registry and runs', async () => {
  await cluster.kubectl('create', 'deployment', 'web', `--image=${image}`);
  await cluster.kubectl('label', 'deployment', 'web', 'from=registry');
  await cluster.kubectl('rollout', 'status', 'deployment/web', '--timeout=120s');
  const { items } = await cluster.json<{ items: Pod[] }>('get', 'pods', '-l', 'app=web');
  expect(items[0]?.status.containerStatuses?.[0]?.imageID).toMatch(/sha256:[0-9a-f]{64}/);
});

test('tools/image.ts makes an image of local files, without a registry', async () => {
  await ok(process.execPath, [join(repository, 'tools/image.ts'), 'example.com/mine:v1', '--dir', cluster.dir, `${join(repository, 'examples')}:/srv/examples`, '--', '/bin/cat', '/srv/examples/hello/hello.yaml']);
  await cluster.kubectl('run', 'mine', '--image=example.com/mine:v1', '--restart=Never', '-l', 'from=registry');
  await cluster.kubectl('wait', '--for=jsonpath={.status.phase}=Succeeded', 'pod/mine', '--timeout=120s');
  expect(await cluster.kubectl('logs', 'mine')).toBe(readFileSync(join(repository, 'examples/hello/hello.yaml'), 'utf8'));
});

test('run --image pulls and runs', async () => {
  await cluster.kubectl('run', 'pulled', `--image=${image}`, '-l', 'from=registry');
  await cluster.kubectl('wait', '--for=condition=Ready', 'pod/pulled', '--timeout=120s');
  await eventually(async () => (await cluster.kubectl('get', 'events', '--field-selector', 'involvedObject.name=pulled')).includes('Pull'), 'an event tells of it');
});

test('an image that is not there ends in ErrImagePull, then ImagePullBackOff', async () => {
  await cluster.kubectl('run', 'nowhere', `--image=${registry.host}/library/nothing:v1`, '-l', 'from=registry');
  const seen = new Set<string>();
  await eventually(async () => {
    const pod = await cluster.json<Pod>('get', 'pod', 'nowhere');
    const reason = pod.status.containerStatuses?.[0]?.state.waiting?.reason;
    if (reason !== undefined) seen.add(reason);
    return seen.has('ImagePullBackOff');
  }, 'ImagePullBackOff');
  await eventually(async () => (await cluster.kubectl('get', 'events', '--field-selector', 'involvedObject.name=nowhere')).includes('Failed'), 'an event tells of it');
});

test('imagePullPolicy Never does not pull', async () => {
  await cluster.kubectl('run', 'never', `--image=${registry.host}/library/other:v1`, '--image-pull-policy=Never', '-l', 'from=registry');
  await eventually(async () => {
    const pod = await cluster.json<Pod>('get', 'pod', 'never');
    return pod.status.containerStatuses?.[0]?.state.waiting?.reason === 'ErrImageNeverPull';
  }, 'ErrImageNeverPull');
});

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ApiError, resources } from '@rhythm/api';
import type { Secret } from '@rhythm/api/types/core-v1';
import { localImageArchive } from '@rhythm/cli';
import { eventually, isReady, shell, startNodeRig, type NodeRig } from './node-rig.ts';
import { push, startRegistry, type Registry } from './registry.ts';

/** `tester:geheim`, as `htpasswd -nbB` writes it. */
const htpasswd = 'tester:$2y$05$abcdefghijklmnopqrstuuVWu8RjbNovPZWAMRdd7iqaaG0mI53Uu';

let rig: NodeRig;
let open: Registry;
let closed: Registry;

beforeAll(async () => {
  rig = await startNodeRig();
  open = await startRegistry(`${rig.scratch}/open`);
  closed = await startRegistry(`${rig.scratch}/closed`, { htpasswd });
  const { blobs, manifest } = imageIn(await localImageArchive());
  await push(open.host, 'team/app', 'v1', blobs, manifest);
  await push(closed.host, 'secret/app', 'v1', blobs, manifest, `Basic ${Buffer.from('tester:geheim').toString('base64')}`);
});
afterAll(async () => {
  await rig.stop();
  await open.stop();
  await closed.stop();
});

/** The blobs and the manifest of the first image in an OCI archive (ustar). */
function imageIn(archive: Buffer): { blobs: Map<string, Buffer>; manifest: Buffer } {
  const files = new Map<string, Buffer>();
  for (let at = 0; at + 512 <= archive.length; ) {
    const name = archive.subarray(at, at + 100).toString().replace(/\0.*$/s, '');
    const size = Number.parseInt(archive.subarray(at + 124, at + 135).toString(), 8) || 0;
    if (name === '') break;
    files.set(name, archive.subarray(at + 512, at + 512 + size));
    at += 512 + Math.ceil(size / 512) * 512;
  }
  const blob = (digest: string): Buffer => files.get(`blobs/sha256/${digest.replace('sha256:', '')}`) ?? Buffer.alloc(0);
  const index = JSON.parse(files.get('index.json')?.toString() ?? '') as { manifests: { digest: string }[] };
  const manifest = blob(index.manifests[0]?.digest ?? '');
  const parsed = JSON.parse(manifest.toString()) as { config: { digest: string }; layers: { digest: string }[] };
  return { manifest, blobs: new Map([parsed.config, ...parsed.layers].map(({ digest }) => [digest, blob(digest)])) };
}

describe('images from a registry', () => {
  test('are pulled, and not again', async () => {
    const spec = { containers: [{ name: 'app', image: `${open.host}/team/app:v1`, imagePullPolicy: 'IfNotPresent', command: shell('exec sleep 1000'), resources: {} }], terminationGracePeriodSeconds: 1 };
    rig.pod('puller', spec);
    const pod = await rig.until('puller', isReady);
    expect(pod.status.containerStatuses?.[0]?.image).toBe(`${open.host}/team/app:v1`);
    expect(pod.status.containerStatuses?.[0]?.imageID).toMatch(/sha256:/);
    await eventually(() => expect(rig.events('puller').join('\n')).toMatch(/Pulling: Pulling image.*\nPulled: Successfully pulled image "127\.0\.0\.1:\d+\/team\/app:v1" in/s));
    rig.pod('again', spec);
    await rig.until('again', isReady);
    await eventually(() => expect(rig.events('again')).toContain(`Pulled: Container image "${open.host}/team/app:v1" already present on machine and can be accessed by the pod`));
  });

  test('that do not exist lead to ErrImagePull, then ImagePullBackOff with the cause', async () => {
    rig.pod('missing', { containers: [{ name: 'app', image: `${open.host}/team/nope:v1`, imagePullPolicy: 'Always', resources: {} }] });
    const failed = await rig.until('missing', (p) => p.status.containerStatuses?.[0]?.state.waiting?.reason === 'ErrImagePull');
    expect(failed.status.phase).toBe('Pending');
    expect(failed.status.containerStatuses?.[0]?.state.waiting?.message).toContain('not found');
    const waiting = await rig.until('missing', (p) => p.status.containerStatuses?.[0]?.state.waiting?.reason === 'ImagePullBackOff');
    expect(waiting.status.containerStatuses?.[0]?.state.waiting?.message).toContain(`Back-off pulling image "${open.host}/team/nope:v1": ErrImagePull: `);
    await eventually(() => expect(rig.events('missing').join('\n')).toContain('Failed: Error: ErrImagePull'));
  });

  test('that must not be pulled are not', async () => {
    rig.pod('never', { containers: [{ name: 'app', image: `${open.host}/team/other:v1`, imagePullPolicy: 'Never', resources: {} }] });
    await rig.until('never', (p) => p.status.containerStatuses?.[0]?.state.waiting?.reason === 'ErrImageNeverPull');
    rig.pod('bad', { containers: [{ name: 'app', image: 'Not A Name', resources: {} }] });
    await rig.until('bad', (p) => p.status.containerStatuses?.[0]?.state.waiting?.reason === 'InvalidImageName');
  });

  test('behind a password need a pull secret', async () => {
    const spec = { containers: [{ name: 'app', image: `${closed.host}/secret/app:v1`, imagePullPolicy: 'Always', command: shell('exec sleep 1000'), resources: {} }], terminationGracePeriodSeconds: 1 };
    rig.pod('nosecret', spec);
    await rig.until('nosecret', (p) => p.status.containerStatuses?.[0]?.state.waiting?.reason === 'ErrImagePull');
    const config = { auths: { [closed.host]: { auth: Buffer.from('tester:geheim').toString('base64') } } };
    rig.client.seed<Secret>(resources.secrets, { metadata: { name: 'login', namespace: 'default' }, type: 'kubernetes.io/dockerconfigjson', data: { '.dockerconfigjson': Buffer.from(JSON.stringify(config)).toString('base64') } });
    rig.pod('withsecret', { ...spec, imagePullSecrets: [{ name: 'login' }] });
    await rig.until('withsecret', isReady);
  });
});

describe('the network and the apiserver', () => {
  test('a host port leads into the pod', async () => {
    rig.pod('hostport', {
      containers: [{ name: 'app', command: shell('mkdir -p /www; echo through > /www/index.html; exec httpd -f -p 8080 -h /www'), ports: [{ containerPort: 8080, hostPort: 19080, protocol: 'TCP' }], resources: {} }],
      terminationGracePeriodSeconds: 1,
    });
    const pod = await rig.until('hostport', isReady);
    await eventually(async () => expect(await (await fetch(`http://${pod.status.hostIP}:19080/index.html`)).text()).toBe('through\n'));
    await rig.delete('hostport');
    await rig.untilGone('hostport');
  });

  test('a container that ends while the apiserver is away is restarted all the same', async () => {
    rig.pod('alone', { containers: [{ name: 'app', command: shell('test -e /keep/x && exec sleep 1000; until [ -e /keep/x ]; do sleep 0.1; done'), volumeMounts: [{ name: 'keep', mountPath: '/keep' }], resources: {} }], volumes: [{ name: 'keep', emptyDir: {} }], terminationGracePeriodSeconds: 1 });
    const pod = await rig.until('alone', isReady);
    rig.away.now = true;
    rig.client.breakWatches(new ApiError('ServiceUnavailable', 'away'));
    await rig.runtime.execSync(pod.status.containerStatuses?.[0]?.containerID?.replace('containerd://', '') ?? '', ['touch', '/keep/x'], 60_000);
    await eventually(async () => {
      const containers = await rig.runtime.listContainers({ 'io.kubernetes.pod.uid': pod.metadata.uid ?? '' });
      expect(containers.map(({ attempt, state }) => `${attempt} ${state}`).toSorted()).toEqual(['0 exited', '1 running']);
    });
    rig.away.now = false;
    const after = await rig.until('alone', (p) => p.status.containerStatuses?.[0]?.restartCount === 1 && isReady(p));
    expect(after.status.containerStatuses?.[0]?.lastState.terminated?.exitCode).toBe(0);
  });
});

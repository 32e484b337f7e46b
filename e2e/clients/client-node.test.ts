import { once } from 'node:events';
import { createServer } from 'node:net';
import { PassThrough, Writable } from 'node:stream';
import {
  ApiException, AppsV1Api, Attach, AuthorizationV1Api, CoreV1Api, CustomObjectsApi, Exec, KubeConfig, KubernetesObjectApi, Log, makeInformer, PatchStrategy, PortForward, setHeaderOptions, Watch,
  type KubernetesObject, type V1ConfigMap, type V1Deployment, type V1Status,
} from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { Cluster, eventually } from '../support/cluster.ts';
import { Kubectl, nginx } from '../kubectl/commands.ts';

/** The official client for JavaScript, as dashboards and operators use it. */
describe('@kubernetes/client-node', () => {
  const namespace = 'client-node';
  const k = new Kubectl(namespace);
  const config = new KubeConfig();
  config.loadFromFile(new Cluster(inject('clusterDir')).kubeconfig);
  const core = config.makeApiClient(CoreV1Api);
  const objects = KubernetesObjectApi.makeApiClient(config);
  const patchAs = (type: string) => setHeaderOptions('Content-Type', type);

  beforeAll(async () => {
    await core.createNamespace({ body: { metadata: { name: namespace } } });
    await k.ok('wait', '--for=create', 'serviceaccount/default', '--timeout=120s');
  });
  afterAll(async () => {
    await core.deleteNamespace({ name: namespace });
  });

  test('typed objects: create, read, replace with a stale version, delete with a precondition', async () => {
    const made = await core.createNamespacedConfigMap({ namespace, body: { metadata: { generateName: 'typed-' }, data: { a: '1' } } });
    const name = made.metadata?.name ?? '';
    expect(name).toMatch(/^typed-[a-z0-9]{5}$/);
    expect(made.metadata?.creationTimestamp).toBeInstanceOf(Date);
    await core.replaceNamespacedConfigMap({ name, namespace, body: Object.assign(made, { data: { a: '2' } }) });
    const stale = await refused(core.replaceNamespacedConfigMap({ name, namespace, body: Object.assign(made, { data: { a: '3' } }) }));
    expect(stale).toMatchObject({ code: 409, status: { reason: 'Conflict' } });
    const other = await refused(core.deleteNamespacedConfigMap({ name, namespace, body: { preconditions: { uid: 'not-this-one' } } }));
    expect(other).toMatchObject({ code: 409, status: { reason: 'Conflict' } });
    await core.deleteNamespacedConfigMap({ name, namespace });
    expect(await refused(core.readNamespacedConfigMap({ name, namespace }))).toMatchObject({ code: 404, status: { reason: 'NotFound', details: { kind: 'configmaps', name } } });
  });

  test('the four patches', async () => {
    const name = 'patched';
    await core.createNamespacedPod({ namespace, body: { metadata: { name, labels: { x: '1', y: '1' } }, spec: { nodeName: 'nowhere', containers: [{ name: 'a', image: 'one' }, { name: 'b', image: 'two' }] } } });
    await core.patchNamespacedPod({ name, namespace, body: [{ op: 'test', path: '/metadata/labels/x', value: '1' }, { op: 'replace', path: '/metadata/labels/x', value: '2' }] }, patchAs(PatchStrategy.JsonPatch));
    await core.patchNamespacedPod({ name, namespace, body: { metadata: { labels: { y: null } } } }, patchAs(PatchStrategy.MergePatch));
    await core.patchNamespacedPod({ name, namespace, body: { spec: { containers: [{ name: 'b', image: 'three' }] } } }, patchAs(PatchStrategy.StrategicMergePatch));
    const applied = await core.patchNamespacedPod({ name, namespace, fieldManager: 'operator', body: { apiVersion: 'v1', kind: 'Pod', metadata: { name, labels: { z: '1' } } } }, patchAs(PatchStrategy.ServerSideApply));
    expect(applied.metadata?.labels).toEqual({ x: '2', z: '1' });
    expect(applied.spec?.containers.map(({ image }) => image)).toEqual(['one', 'three']);
    expect(applied.metadata?.managedFields).toContainEqual(expect.objectContaining({ manager: 'operator', operation: 'Apply', fieldsV1: { 'f:metadata': { 'f:labels': { 'f:z': {} } } } }));
    const conflict = await refused(core.patchNamespacedPod({ name, namespace, fieldManager: 'rival', body: { apiVersion: 'v1', kind: 'Pod', metadata: { name, labels: { z: '2' } } } }, patchAs(PatchStrategy.ServerSideApply)));
    expect(conflict).toMatchObject({ code: 409, status: { message: expect.stringContaining('conflict with "operator": .metadata.labels.z') as string } });
    await core.deleteNamespacedPod({ name, namespace, gracePeriodSeconds: 0 });
  });

  test('apply of any kind, a custom one among them', async () => {
    // The client's models call the keyword default `_default`.
    const definition = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'boats.client.example.com' },
      spec: {
        group: 'client.example.com',
        scope: 'Namespaced',
        names: { plural: 'boats', singular: 'boat', kind: 'Boat' },
        versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', properties: { sails: { type: 'integer', _default: 1 } } } } } } }],
      },
    };
    await objects.create(definition);
    try {
      await k.ok('wait', '--for=condition=Established', 'crd/boats.client.example.com', '--timeout=120s');
      const boat = { apiVersion: 'client.example.com/v1', kind: 'Boat', metadata: { name: 'sloop', namespace }, spec: {} };
      const apply = (spec: object): Promise<KubernetesObject> => objects.patch({ ...boat, spec } as KubernetesObject, undefined, undefined, 'harbour', true, PatchStrategy.ServerSideApply);
      expect(await apply({})).toMatchObject({ spec: { sails: 1 } });
      expect(await apply({ sails: 3 })).toMatchObject({ spec: { sails: 3 } });
      const custom = config.makeApiClient(CustomObjectsApi);
      expect(await custom.listNamespacedCustomObject({ group: 'client.example.com', version: 'v1', namespace, plural: 'boats' })).toMatchObject({ kind: 'BoatList', items: [{ metadata: { name: 'sloop' } }] });
    } finally {
      await objects.delete(definition);
      await k.ok('wait', '--for=delete', 'crd/boats.client.example.com', '--timeout=120s');
    }
  });

  test('lists in pages', async () => {
    const names = ['page-a', 'page-b', 'page-c', 'page-d', 'page-e'];
    await Promise.all(names.map((name) => core.createNamespacedSecret({ namespace, body: { metadata: { name, labels: { paged: 'yes' } } } })));
    const found: string[] = [];
    let page: string | undefined;
    do {
      const list = await core.listNamespacedSecret({ namespace, labelSelector: 'paged=yes', limit: 2, ...(page === undefined ? {} : { _continue: page }) });
      expect(list.items.length).toBeLessThanOrEqual(2);
      found.push(...list.items.map(({ metadata }) => metadata?.name ?? ''));
      page = list.metadata?._continue;
    } while (page !== undefined && page !== '');
    expect(found).toEqual(names);
    expect(await core.deleteCollectionNamespacedSecret({ namespace, labelSelector: 'paged=yes' })).toBeDefined();
    expect((await core.listNamespacedSecret({ namespace, labelSelector: 'paged=yes' })).items).toEqual([]);
  });

  test('an informer follows what is created, changed and deleted, and what was there', async () => {
    const name = (item: V1ConfigMap): string => item.metadata?.name ?? '';
    await core.createNamespacedConfigMap({ namespace, body: { metadata: { name: 'before', labels: { informed: 'yes' } } } });
    const informer = makeInformer<V1ConfigMap>(config, `/api/v1/namespaces/${namespace}/configmaps`, () => core.listNamespacedConfigMap({ namespace, labelSelector: 'informed=yes' }), 'informed=yes');
    const told: string[] = [];
    for (const verb of ['add', 'update', 'delete'] as const) informer.on(verb, (item) => told.push(`${verb} ${name(item)} ${item.data?.['v'] ?? '-'}`));
    await informer.start();
    try {
      await core.createNamespacedConfigMap({ namespace, body: { metadata: { name: 'after', labels: { informed: 'yes' } }, data: { v: '1' } } });
      await core.createNamespacedConfigMap({ namespace, body: { metadata: { name: 'of-no-interest' }, data: { v: '1' } } });
      await core.patchNamespacedConfigMap({ name: 'after', namespace, body: { data: { v: '2' } } }, patchAs(PatchStrategy.MergePatch));
      // Leaves the selector: for the informer it is gone.
      await core.patchNamespacedConfigMap({ name: 'before', namespace, body: { metadata: { labels: { informed: null } } } }, patchAs(PatchStrategy.MergePatch));
      await core.deleteNamespacedConfigMap({ name: 'after', namespace });
      await eventually(async () => told.includes('delete after 2'), `the informer hears of the end: ${told.join(', ')}`);
      expect(told).toEqual(['add before -', 'add after 1', 'update after 2', 'delete before -', 'delete after 2']);
      expect(informer.list()).toEqual([]);
    } finally {
      await informer.stop();
    }
  });

  test('a watch goes on from a resourceVersion', async () => {
    const { metadata } = await core.listNamespacedConfigMap({ namespace });
    await core.createNamespacedConfigMap({ namespace, body: { metadata: { name: 'watched' } } });
    const events: string[] = [];
    const controller = await new Watch(config).watch(
      `/api/v1/namespaces/${namespace}/configmaps`,
      { resourceVersion: metadata?.resourceVersion, fieldSelector: 'metadata.name=watched', allowWatchBookmarks: true },
      (type: string) => events.push(type),
      () => undefined,
    );
    await core.deleteNamespacedConfigMap({ name: 'watched', namespace });
    await eventually(async () => events.includes('DELETED'), `the watch tells: ${events.join(', ')}`);
    expect(events.filter((type) => type !== 'BOOKMARK')).toEqual(['ADDED', 'DELETED']);
    controller.abort();
  });

  test('a deployment is rolled out and scaled', async () => {
    const apps = config.makeApiClient(AppsV1Api);
    const labels = { app: 'web' };
    const body: V1Deployment = { metadata: { name: 'web' }, spec: { replicas: 1, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { terminationGracePeriodSeconds: 1, containers: [{ name: 'web', image: nginx }] } } } };
    await apps.createNamespacedDeployment({ namespace, body });
    const ready = async (count: number): Promise<unknown> => eventually(async () => (await apps.readNamespacedDeployment({ name: 'web', namespace })).status?.readyReplicas === count, `${count} ready`);
    await ready(1);
    const scale = await apps.readNamespacedDeploymentScale({ name: 'web', namespace });
    await apps.replaceNamespacedDeploymentScale({ name: 'web', namespace, body: Object.assign(scale, { spec: { replicas: 2 } }) });
    await ready(2);
    await apps.deleteNamespacedDeployment({ name: 'web', namespace, propagationPolicy: 'Foreground' });
    await eventually(async () => (await core.listNamespacedPod({ namespace, labelSelector: 'app=web' })).items.length === 0, 'its pods are gone');
  });

  test('exec, attach, logs and port-forward', async () => {
    await k.sleeper('shell');
    const status = await new Promise<V1Status>((resolve, reject) => {
      const said = new Text();
      const stdin = new PassThrough();
      const command = ['sh', '-c', 'read line; echo "heard $line"; echo trouble >&2; exit 3'];
      new Exec(config).exec(namespace, 'shell', 'shell', command, said, said, stdin, false, (ended) => {
        expect(said.text).toContain('heard you');
        expect(said.text).toContain('trouble');
        resolve(ended);
      }).catch(reject);
      stdin.end('you\n');
    });
    expect(status).toMatchObject({ status: 'Failure', reason: 'NonZeroExitCode', details: { causes: [{ reason: 'ExitCode', message: '3' }] } });

    const logs = new Text();
    const following = await new Log(config).log(namespace, 'shell', 'shell', logs, { follow: true });
    await logs.until('begun');
    following.abort();

    const attached = await new Attach(config).attach(namespace, 'shell', 'shell', new Text(), null, null, false);
    attached.close();

    await k.ok('run', 'web', `--image=${nginx}`);
    await k.ok('wait', '--for=condition=Ready', 'pod/web', '--timeout=120s');
    await eventually(async () => (await k.try(['exec', 'web', '--', 'wget', '-qO-', 'http://127.0.0.1/hostname'])).code === 0, 'its server listens');
    const forward = new PortForward(config);
    const server = createServer((socket) => void forward.portForward(namespace, 'web', [80], socket, null, socket).catch(() => socket.destroy()));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    expect(await (await fetch(`http://127.0.0.1:${port}/hostname`, { headers: { connection: 'close' } })).text()).toBe('web\n');
    server.close();
  });

  test('a token of a service account, and what it may', async () => {
    const { status } = await core.createNamespacedServiceAccountToken({ name: 'default', namespace, body: { spec: { audiences: [], expirationSeconds: 600 } } });
    const cluster = config.getCurrentCluster();
    if (cluster === null) throw new Error('no cluster in the kubeconfig');
    const mine = new KubeConfig();
    mine.loadFromClusterAndUser(cluster, { name: 'default', token: status?.token ?? '' });
    expect(await refused(mine.makeApiClient(CoreV1Api).listNamespacedSecret({ namespace }))).toMatchObject({ code: 403, status: { message: expect.stringContaining(`system:serviceaccount:${namespace}:default`) as string } });
    const review = await mine.makeApiClient(AuthorizationV1Api).createSelfSubjectAccessReview({ body: { spec: { resourceAttributes: { verb: 'list', resource: 'secrets', namespace } } } });
    expect(review.status?.allowed).toBe(false);
  });
});

/** What a stream was told. */
class Text extends Writable {
  text = '';

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += String(chunk);
    done();
  }

  until(part: string): Promise<unknown> {
    return eventually(async () => this.text.includes(part), `${part} in ${this.text}`);
  }
}

/** How a call was refused: the HTTP code, and the Status. */
async function refused(call: Promise<unknown>): Promise<{ readonly code: number; readonly status: V1Status }> {
  try {
    await call;
  } catch (error) {
    if (error instanceof ApiException) return { code: error.code, status: (typeof error.body === 'string' ? JSON.parse(error.body) : error.body) as V1Status };
    throw error;
  }
  throw new Error('not refused');
}

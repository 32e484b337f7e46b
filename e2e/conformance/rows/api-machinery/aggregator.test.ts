import { ApiregistrationV1Api, AuthorizationV1Api, CustomObjectsApi, type KubernetesObject, type V1APIService } from '@kubernetes/client-node';
import { expect } from 'vitest';
import { sampleGroup, sampleVersion, startSampleServer, type SampleServer } from '../../../../apps/apiserver/src/aggregation/sample/index.ts';
import { ownAddress, row, type Context } from '../../harness/index.ts';

const apiService = `${sampleVersion}.${sampleGroup}`;
const registrations = '/apis/apiregistration.k8s.io/v1/apiservices';
const servicePort = 7443;

interface Flunder extends KubernetesObject {
  spec?: { reference?: string };
}

/** A sample aggregated server behind a Service: it takes whom to believe from the cluster, and asks the cluster who may. */
async function deploy(k: Context): Promise<SampleServer> {
  const authentication = (await k.core.readNamespacedConfigMap({ namespace: 'kube-system', name: 'extension-apiserver-authentication' })).data ?? {};
  const sample = await startSampleServer({
    host: ownAddress(),
    serviceName: 'sample-api',
    serviceNamespace: k.namespace,
    requestHeaderCa: authentication['requestheader-client-ca-file'] ?? '',
    allowedNames: JSON.parse(authentication['requestheader-allowed-names'] ?? '[]') as string[],
    allows: async (user, path, verb) => {
      const resourceAttributes = { group: path.group, version: path.version, resource: path.resource, namespace: path.namespace, name: path.name, verb };
      const review = await k.api(AuthorizationV1Api).createSubjectAccessReview({ body: { spec: { user: user.name, groups: [...user.groups], resourceAttributes } } });
      return review.status?.allowed === true;
    },
  });
  k.cleanup(() => sample.stop());
  await k.create(k.path('services'), { metadata: { name: 'sample-api' }, spec: { ports: [{ port: servicePort }] } });
  await k.create(k.path('discovery.k8s.io/v1', 'endpointslices'), {
    metadata: { name: 'sample-api', labels: { 'kubernetes.io/service-name': 'sample-api' } },
    addressType: 'IPv4',
    ports: [{ port: sample.port }],
    endpoints: [{ addresses: [ownAddress()], conditions: { ready: true } }],
  });
  return sample;
}

const conditionOf = (object: V1APIService | undefined, type: string) => object?.status?.conditions?.find((condition) => condition.type === type);

row(
  'aggregator-sample-apiserver',
  async (k) => {
    const registration = k.api(ApiregistrationV1Api);
    const sample = await deploy(k);
    await k.create(registrations, {
      metadata: { name: apiService },
      spec: { service: { namespace: k.namespace, name: 'sample-api', port: servicePort }, group: sampleGroup, version: sampleVersion, caBundle: sample.caBundle, groupPriorityMinimum: 2_000, versionPriority: 200 },
    });
    await k.until<V1APIService & KubernetesObject>(`${registrations}/${apiService}`, (object) => conditionOf(object, 'Available')?.reason === 'Passed', 'the APIService is available');

    // As JSON over HTTPS, and what the sample server was told. Who passes requests on reads the condition as others do.
    const flunders = `/apis/${sampleGroup}/${sampleVersion}/namespaces/${k.namespace}/flunders`;
    await k.eventually(async () => (await k.raw('GET', flunders)).code === 200, 'requests are passed on');
    const flunder = { apiVersion: `${sampleGroup}/${sampleVersion}`, kind: 'Flunder', metadata: { name: 'rest-flunder', labels: { 'sample-label': 'true' } } };
    await k.create<Flunder>(flunders, flunder);
    expect(sample.seen.findLast(({ method }) => method === 'POST')).toMatchObject({ proxy: 'front-proxy-client', user: { name: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] } });
    expect((await k.get<{ items: Flunder[] }>(flunders)).items.map(({ metadata }) => metadata?.name)).toEqual(['rest-flunder']);
    await k.delete(`${flunders}/rest-flunder`);
    expect((await k.get<{ items: Flunder[] }>(flunders)).items).toEqual([]);
    await k.fails(k.as('somebody').raw('GET', flunders), { code: 403, reason: 'Forbidden' });

    // By kubectl, which finds the resource by discovery, and by a typed and a dynamic client.
    await k.eventually(async () => (await k.kubectl(['api-resources', `--api-group=${sampleGroup}`])).includes('flunders'), 'flunders are discovered');
    await k.kubectl(['create', '-f', '-'], JSON.stringify({ ...flunder, metadata: { name: 'kubectl-flunder' } }));
    expect(await k.kubectl(['get', 'flunders', '-o', 'name'])).toBe(`flunder.${sampleGroup}/kubectl-flunder\n`);
    await k.kubectl(['patch', 'flunder', 'kubectl-flunder', '--type=merge', '-p', '{"spec":{"reference":"x"}}']);
    const custom = k.api(CustomObjectsApi);
    const at = { group: sampleGroup, version: sampleVersion, namespace: k.namespace, plural: 'flunders' };
    expect(await custom.getNamespacedCustomObject({ ...at, name: 'kubectl-flunder' })).toMatchObject({ spec: { reference: 'x' } });
    await k.objects.create({ ...flunder, metadata: { name: 'dynamic-flunder', namespace: k.namespace } });
    await custom.deleteCollectionNamespacedCustomObject(at);
    expect((await k.get<{ items: Flunder[] }>(flunders)).items).toEqual([]);

    // A watch passes through.
    const watching = await k.watch<Flunder>(flunders, { resourceVersion: String(sample.flunders.revision) });
    await k.create(flunders, { ...flunder, metadata: { name: 'seen-flunder' } });
    expect((await watching.until(({ type }) => type === 'ADDED', 'the flunder is seen')).object.metadata?.name).toBe('seen-flunder');

    // The APIService itself: status, patch, replace, list, deletion by label.
    const patched = await k.patch<V1APIService>(`${registrations}/${apiService}/status`, { status: { conditions: [{ type: 'StatusPatched', status: 'True', reason: 'E2E', message: 'Set by the test' }, ...((await registration.readAPIServiceStatus({ name: apiService })).status?.conditions ?? [])] } });
    expect(conditionOf(patched, 'StatusPatched')?.reason).toBe('E2E');
    expect(conditionOf(await registration.readAPIServiceStatus({ name: apiService }), 'StatusPatched')?.message).toBe('Set by the test');
    expect((await registration.listAPIService()).items.map(({ metadata }) => metadata?.name)).toEqual(expect.arrayContaining(['v1.', 'v1.apps', apiService]));
    await k.patch(`${registrations}/${apiService}`, { metadata: { labels: { [k.namespace]: 'patched' } } });
    const current = await registration.readAPIService({ name: apiService });
    expect(current.metadata?.labels).toMatchObject({ [k.namespace]: 'patched' });
    await k.retried(async () => {
      const read = await registration.readAPIService({ name: apiService });
      read.metadata = Object.assign(read.metadata ?? {}, { labels: { [k.namespace]: 'replaced' } });
      await registration.replaceAPIService({ name: apiService, body: read });
    });
    await registration.deleteCollectionAPIService({ labelSelector: `${k.namespace}=replaced` });
    await k.gone(`${registrations}/${apiService}`);
    await k.eventually(async () => (await k.raw('GET', flunders)).code === 404, 'flunders are served no more');
    expect((await registration.readAPIService({ name: 'v1.apps' })).metadata?.name).toBe('v1.apps');
  },
  { alone: true },
);

import { ApisApi, type V1APIGroup, type V1APIResourceList } from '@kubernetes/client-node';
import { expect, inject } from 'vitest';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { row, type Context, type Raw } from '../../harness/index.ts';
import { exec } from '../../../support/cluster.ts';
import { define } from '../definitions.ts';

/** By group version, one resource that every cluster has. */
const builtIn: readonly (readonly [groupVersion: string, resource: string])[] = [
  ['admissionregistration.k8s.io/v1', 'validatingwebhookconfigurations'],
  ['apiextensions.k8s.io/v1', 'customresourcedefinitions'],
  ['apiregistration.k8s.io/v1', 'apiservices'],
  ['apps/v1', 'deployments'],
  ['authentication.k8s.io/v1', 'tokenreviews'],
  ['authorization.k8s.io/v1', 'selfsubjectaccessreviews'],
  ['autoscaling/v1', 'horizontalpodautoscalers'],
  ['autoscaling/v2', 'horizontalpodautoscalers'],
  ['batch/v1', 'jobs'],
  ['certificates.k8s.io/v1', 'certificatesigningrequests'],
  ['coordination.k8s.io/v1', 'leases'],
  ['discovery.k8s.io/v1', 'endpointslices'],
  ['events.k8s.io/v1', 'events'],
  ['flowcontrol.apiserver.k8s.io/v1', 'flowschemas'],
  ['networking.k8s.io/v1', 'ingresses'],
  ['node.k8s.io/v1', 'runtimeclasses'],
  ['policy/v1', 'poddisruptionbudgets'],
  ['rbac.authorization.k8s.io/v1', 'clusterroles'],
  ['resource.k8s.io/v1', 'resourceclaims'],
  ['scheduling.k8s.io/v1', 'priorityclasses'],
  ['storage.k8s.io/v1', 'csinodes'],
];

/** Groups that come and go while rows run. */
const ofAnotherRow = (group: string): boolean => group.endsWith('.example.com');

/** What discovery does not name is not there, whatever else is asked of it. */
async function isAllThereIs(k: Context, path: string): Promise<void> {
  expect((await k.raw('GET', path)).code).toBe(404);
}

row('discovery-groupversion', async (k) => {
  for (const [groupVersion, resource] of builtIn) {
    const list = await k.get<V1APIResourceList>(`/apis/${groupVersion}`);
    expect([list.kind, list.groupVersion]).toEqual(['APIResourceList', groupVersion]);
    expect(list.resources.map(({ name }) => name)).toContain(resource);
    const [group = ''] = groupVersion.split('/');
    const listed = await k.get<V1APIGroup>(`/apis/${group}`);
    expect(listed.versions.map((version) => version.groupVersion)).toContain(groupVersion);
    await isAllThereIs(k, `/apis/${group}/v9`);
    await isAllThereIs(k, `/apis/${groupVersion}/namespaces/${k.namespace}/no-such-things`);
  }
});

row('discovery-preferred', async (k) => {
  const groups = (await k.api(ApisApi).getAPIVersions()).groups.filter(({ name }) => !ofAnotherRow(name));
  expect(groups.length).toBeGreaterThanOrEqual(new Set(builtIn.map(([groupVersion]) => groupVersion.split('/')[0])).size);
  for (const { name, preferredVersion, versions } of groups) {
    expect(preferredVersion?.groupVersion).toBe(`${name}/${preferredVersion?.version ?? ''}`);
    expect(versions).toContainEqual(preferredVersion);
    const group = await k.get<V1APIGroup>(`/apis/${name}`);
    expect([group.kind, group.name, group.preferredVersion, group.versions]).toEqual(['APIGroup', name, preferredVersion, versions]);
    await isAllThereIs(k, `/apis/${name}/v9`);
  }
  await isAllThereIs(k, '/apis/no.such.group');
});

interface Aggregated {
  readonly kind: string;
  readonly apiVersion: string;
  readonly items: { metadata: { name?: string }; versions: { version: string; freshness: string; resources: { resource: string; responseKind: { kind: string }; scope: string; singularResource: string; verbs: string[] }[] }[] }[];
}

const aggregatedType = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

async function aggregated(k: Context, path: string): Promise<Aggregated> {
  const answer: Raw = await k.raw('GET', path, { headers: { accept: aggregatedType } });
  expect([answer.code, answer.headers['content-type']]).toEqual([200, aggregatedType]);
  const list = answer.json<Aggregated>();
  expect([list.kind, list.apiVersion]).toEqual(['APIGroupDiscoveryList', 'apidiscovery.k8s.io/v2']);
  return list;
}

function resourcesOf({ items }: Aggregated, groupVersion: string): string[] {
  const [group, version] = groupVersion.includes('/') ? groupVersion.split('/') : ['', groupVersion];
  return (items.find(({ metadata }) => (metadata.name ?? '') === group)?.versions ?? []).filter((one) => one.version === version).flatMap(({ resources }) => resources.map(({ resource }) => resource));
}

row('aggdisc-raw', async (k) => {
  const groups = await aggregated(k, '/apis');
  for (const [groupVersion, resource] of builtIn) expect(resourcesOf(groups, groupVersion)).toContain(resource);
  expect(resourcesOf(await aggregated(k, '/api'), 'v1')).toEqual(expect.arrayContaining(['namespaces', 'pods', 'configmaps', 'services']));
  // It says the same as the documents it stands for.
  for (const { metadata, versions } of groups.items.filter((group) => !ofAnotherRow(group.metadata.name ?? ''))) {
    for (const { version, resources, freshness } of versions) {
      expect(freshness).toBe('Current');
      const plain = await k.get<V1APIResourceList>(`/apis/${metadata.name ?? ''}/${version}`);
      const listed = plain.resources.filter(({ name }) => !name.includes('/')).map(({ name, kind, singularName }) => `${name} ${kind} ${singularName}`);
      expect(listed.toSorted()).toEqual(resources.map(({ resource, responseKind, singularResource }) => `${resource} ${responseKind.kind} ${singularResource}`).toSorted());
      await isAllThereIs(k, `/apis/${metadata.name ?? ''}/${version}/no-such-things`);
    }
  }
});

row('aggdisc-raw-crd', async (k) => {
  const defined = await define(k);
  await k.eventually(async () => resourcesOf(await aggregated(k, '/apis'), `${defined.group}/v1`).includes(defined.plural), 'the aggregated document has the defined resource');
  const { versions } = (await aggregated(k, '/apis')).items.find(({ metadata }) => metadata.name === defined.group) ?? { versions: [] };
  expect(versions).toMatchObject([{ version: 'v1', resources: [{ resource: defined.plural, responseKind: { kind: defined.kind }, scope: 'Namespaced', singularResource: 'thing', verbs: expect.arrayContaining(['create', 'delete', 'get', 'list', 'patch', 'update', 'watch']) as unknown }] }]);
});

/** What kubectl, whose client asks for the aggregated form, finds with an empty cache; and what it has asked for. */
async function clientsView(k: Context): Promise<{ readonly names: readonly string[]; readonly asked: readonly string[] }> {
  const cache = mkdtempSync(join(tmpdir(), 'rhythm-discovery-'));
  k.cleanup(() => rmSync(cache, { recursive: true, force: true }));
  const { code, stdout, stderr } = await exec(inject('kubectl'), ['--kubeconfig', join(inject('clusterDir'), 'admin.kubeconfig'), '--cache-dir', cache, 'api-resources', '--no-headers', '-v=8']);
  expect(code, stderr).toBe(0);
  const lines = stdout.trim().split('\n').map((line) => line.trim().split(/\s+/));
  const names = lines.map((cells) => `${cells.at(-3) ?? ''} ${cells[0] ?? ''}`);
  return { names, asked: [...stderr.matchAll(/(?:verb="GET" url="|GET )https:\/\/[^/]+([^\s?"]*)/g)].map(([, path]) => path ?? '') };
}

row('aggdisc-client', async (k) => {
  const { names, asked } = await clientsView(k);
  // Two documents were enough.
  expect([...new Set(asked)].toSorted()).toEqual(['/api', '/apis']);
  const versions = new Set(names.map((name) => name.split(' ')[0]));
  for (const [groupVersion, resource] of builtIn.filter(([one]) => one !== 'autoscaling/v1')) {
    expect(versions).toContain(groupVersion);
    expect(names).toContain(`${groupVersion} ${resource}`);
  }
  expect(names).toContain('v1 namespaces');
  // What it has found it can get: everything of a namespace, by its names.
  await k.settled();
  const namespaced = (await k.kubectl(['api-resources', '--namespaced', '--verbs=list', '-o', 'name'])).trim().split('\n').filter((name) => !ofAnotherRow(name));
  const found = await k.kubectl(['get', namespaced.join(','), '-o', 'name']);
  expect(found.trim().split('\n')).toEqual(expect.arrayContaining(['configmap/kube-root-ca.crt', 'serviceaccount/default']));
});

row('aggdisc-client-crd', async (k) => {
  const defined = await define(k);
  const { names, asked } = await k.eventually(async () => {
    const view = await clientsView(k);
    return view.names.includes(`${defined.group}/v1 ${defined.plural}`) && view;
  }, 'kubectl finds the defined resource');
  expect([...new Set(asked)].toSorted()).toEqual(['/api', '/apis']);
  expect(names).toContain('v1 namespaces');
});

import { sampleGroup, sampleVersion } from './flunders.ts';

const groupVersion = `${sampleGroup}/${sampleVersion}`;
const verbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
const gvk = { group: sampleGroup, version: sampleVersion, kind: 'Flunder' };

export const sampleHash = 'FA11';

export const groupDocument = { name: sampleGroup, versions: [{ groupVersion, version: sampleVersion }], preferredVersion: { groupVersion, version: sampleVersion } };

export const resourceDocument = {
  kind: 'APIResourceList',
  apiVersion: 'v1',
  groupVersion,
  resources: [
    { name: 'flunders', singularName: 'flunder', namespaced: true, kind: 'Flunder', verbs, shortNames: ['fl'] },
    { name: 'flunders/status', singularName: '', namespaced: true, kind: 'Flunder', verbs: ['get', 'patch', 'update'] },
  ],
};

export const aggregatedDocument = {
  kind: 'APIGroupDiscoveryList',
  apiVersion: 'apidiscovery.k8s.io/v2',
  metadata: {},
  items: [
    {
      metadata: { name: sampleGroup },
      versions: [
        {
          version: sampleVersion,
          freshness: 'Current',
          resources: [
            { resource: 'flunders', responseKind: gvk, scope: 'Namespaced', singularResource: 'flunder', verbs, shortNames: ['fl'], subresources: [{ subresource: 'status', responseKind: gvk, verbs: ['get', 'patch', 'update'] }] },
          ],
        },
      ],
    },
  ],
};

const schemaName = 'com.example.wardle.v1alpha1.Flunder';

/** As it would be generated: the kind, and one path. */
export function openApiDocument(version: 2 | 3): object {
  const reference = { $ref: version === 2 ? `#/definitions/${schemaName}` : `#/components/schemas/${schemaName}` };
  const metaName = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';
  const schemas = {
    [schemaName]: {
      type: 'object',
      description: 'Flunder flunds.',
      properties: {
        apiVersion: { type: 'string' },
        kind: { type: 'string' },
        metadata: { $ref: reference.$ref.replace(schemaName, metaName) },
        spec: { type: 'object', description: 'How it flunds.', properties: { reference: { type: 'string', description: 'What it refers to.' } } },
      },
      'x-kubernetes-group-version-kind': [gvk],
    },
    // Not the cluster's: it has fewer fields.
    [metaName]: { type: 'object', properties: { name: { type: 'string' }, namespace: { type: 'string' } } },
  };
  const operation = { operationId: 'listWardleFlunders', 'x-kubernetes-action': 'list', 'x-kubernetes-group-version-kind': gvk };
  const info = { title: 'sample', version: 'v1' };
  if (version === 3) return { openapi: '3.0.0', info, paths: { [`/apis/${groupVersion}/flunders`]: { get: { ...operation, responses: { 200: { description: 'OK', content: { 'application/json': { schema: reference } } } } } } }, components: { schemas } };
  return { swagger: '2.0', info, paths: { [`/apis/${groupVersion}/flunders`]: { get: { ...operation, responses: { 200: { description: 'OK', schema: reference } } } }, '/apis/elsewhere.example.com/v1/things': { get: { ...operation, responses: { 200: { description: 'OK' } } } } }, definitions: schemas };
}

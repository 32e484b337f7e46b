import { expect, it } from 'vitest';
import { kindRegistry } from '../kinds/registry.ts';
import { openApiV2, openApiV3 } from './documents.ts';

const { definitions, paths } = openApiV2(kindRegistry.kinds, '');
const core = openApiV3(kindRegistry.kinds, '', 'v1', '')?.components.schemas ?? {};
const apps = openApiV3(kindRegistry.kinds, 'apps', 'v1', '')?.components.schemas ?? {};

type Property = Record<string, unknown>;

function propertyIn(schemas: Readonly<Record<string, Record<string, unknown>>>, path: string): Property {
  const [type = '', field = ''] = path.split('#');
  const found = (schemas[`io.k8s.${type}`]?.['properties'] as Record<string, Property> | undefined)?.[field];
  if (found === undefined) throw new Error(`no ${path}`);
  return found;
}

/** What Kubernetes says of some lists: patch strategy, merge key, list type, list-map keys. */
it.each([
  ['api.core.v1.PodSpec#containers', 'merge', 'name', 'map', ['name']],
  ['api.core.v1.PodSpec#volumes', 'merge,retainKeys', 'name', 'map', ['name']],
  ['api.core.v1.PodSpec#tolerations', undefined, undefined, 'atomic', undefined],
  ['api.core.v1.PodSpec#imagePullSecrets', 'merge', 'name', 'map', ['name']],
  ['api.core.v1.PodSpec#hostAliases', 'merge', 'ip', 'map', ['ip']],
  ['api.core.v1.PodSpec#topologySpreadConstraints', 'merge', 'topologyKey', 'map', ['topologyKey', 'whenUnsatisfiable']],
  ['api.core.v1.Container#ports', 'merge', 'containerPort', 'map', ['containerPort', 'protocol']],
  ['api.core.v1.Container#env', 'merge', 'name', 'map', ['name']],
  ['api.core.v1.Container#volumeMounts', 'merge', 'mountPath', 'map', ['mountPath']],
  ['api.core.v1.Container#command', undefined, undefined, 'atomic', undefined],
  ['api.core.v1.ServiceSpec#ports', 'merge', 'port', 'map', ['port', 'protocol']],
  ['api.core.v1.PodStatus#podIPs', 'merge', 'ip', 'map', ['ip']],
  ['api.core.v1.NodeStatus#addresses', 'merge', 'type', 'map', ['type']],
  ['apimachinery.pkg.apis.meta.v1.ObjectMeta#ownerReferences', 'merge', 'uid', 'map', ['uid']],
  ['apimachinery.pkg.apis.meta.v1.ObjectMeta#finalizers', 'merge', undefined, 'set', undefined],
  ['api.autoscaling.v2.HorizontalPodAutoscalerSpec#metrics', undefined, undefined, 'atomic', undefined],
  ['api.apps.v1.DeploymentStatus#conditions', 'merge', 'type', 'map', ['type']],
  ['api.networking.v1.IngressSpec#rules', undefined, undefined, 'atomic', undefined],
])('%s merges as in Kubernetes', (path, strategy, mergeKey, listType, mapKeys) => {
  const property = propertyIn(definitions, path);
  expect([property['x-kubernetes-patch-strategy'], property['x-kubernetes-patch-merge-key'], property['x-kubernetes-list-type'], property['x-kubernetes-list-map-keys']]).toEqual([strategy, mergeKey, listType, mapKeys]);
});

it.each([
  ['api.core.v1.ContainerPort#protocol', { type: 'string', enum: ['SCTP', 'TCP', 'UDP'], default: 'TCP' }],
  ['api.core.v1.Container#imagePullPolicy', { type: 'string', enum: ['Always', 'IfNotPresent', 'Never'] }],
  ['api.core.v1.Container#name', { type: 'string', default: '' }],
  ['api.core.v1.Container#image', { type: 'string' }],
  ['api.core.v1.Container#securityContext', { $ref: '#/components/schemas/io.k8s.api.core.v1.SecurityContext' }],
  ['api.core.v1.Container#resources', { allOf: [{ $ref: '#/components/schemas/io.k8s.api.core.v1.ResourceRequirements' }], default: {} }],
  ['api.core.v1.PodSpec#activeDeadlineSeconds', { type: 'integer', format: 'int64' }],
  ['api.core.v1.PodSpec#nodeSelector', { type: 'object', additionalProperties: { type: 'string', default: '' }, 'x-kubernetes-map-type': 'atomic' }],
  ['api.core.v1.Secret#data', { type: 'object', additionalProperties: { type: 'string', format: 'byte' } }],
  ['api.core.v1.ServiceSpec#ipFamilies', { type: 'array', items: { type: 'string', enum: ['', 'IPv4', 'IPv6'], default: '' }, 'x-kubernetes-list-type': 'atomic' }],
  ['api.core.v1.ServicePort#targetPort', { $ref: '#/components/schemas/io.k8s.apimachinery.pkg.util.intstr.IntOrString' }],
  ['apimachinery.pkg.apis.meta.v1.ObjectMeta#creationTimestamp', { $ref: '#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.Time' }],
])('%s in version 3', (path, expected) => {
  expect(propertyIn(core, path)).toEqual(expected);
});

it('has the fields of a Deployment as Kubernetes does', () => {
  expect(propertyIn(apps, 'api.apps.v1.DeploymentSpec#strategy')).toMatchObject({ 'x-kubernetes-patch-strategy': 'retainKeys', default: {} });
  expect(apps['io.k8s.api.apps.v1.DeploymentSpec']?.['required']).toEqual(['selector', 'template']);
  expect(propertyIn(apps, 'api.apps.v1.DeploymentSpec#replicas')).toMatchObject({ type: 'integer', format: 'int32' });
  for (const type of ['LabelSelector', 'OwnerReference']) expect(apps[`io.k8s.apimachinery.pkg.apis.meta.v1.${type}`]?.['x-kubernetes-map-type']).toBe('atomic');
  expect(apps['io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta']).not.toHaveProperty('x-kubernetes-map-type');
  expect(apps['io.k8s.apimachinery.pkg.apis.meta.v1.Time']).toEqual({ type: 'string', format: 'date-time' });
  expect(apps['io.k8s.apimachinery.pkg.api.resource.Quantity']).toEqual({ oneOf: [{ type: 'string' }, { type: 'number' }] });
});

it('has no defaults in version 2, as upstream', () => {
  const defaults = (schema: unknown): number => {
    if (typeof schema !== 'object' || schema === null) return 0;
    const inner = Object.entries(schema).flatMap(([key, value]) => (key === 'properties' ? Object.values(value as object) : [value as unknown]));
    return (Object.hasOwn(schema, 'default') ? 1 : 0) + inner.reduce((sum: number, value) => sum + defaults(value), 0);
  };
  const sum = (schemas: object): number => Object.values(schemas).reduce((total: number, schema) => total + defaults(schema), 0);
  expect([sum(definitions), sum(core) > 100]).toEqual([0, true]);
});

it.each([
  ['/api/v1/namespaces/{namespace}/pods', 'get', 'listCoreV1NamespacedPod', 'list'],
  ['/api/v1/pods', 'get', 'listCoreV1PodForAllNamespaces', 'list'],
  ['/api/v1/namespaces/{namespace}/pods', 'delete', 'deleteCoreV1CollectionNamespacedPod', 'deletecollection'],
  ['/api/v1/namespaces/{namespace}/pods/{name}/status', 'patch', 'patchCoreV1NamespacedPodStatus', 'patch'],
  ['/api/v1/namespaces/{namespace}/pods/{name}/exec', 'get', 'connectCoreV1GetNamespacedPodExec', 'connect'],
  ['/api/v1/namespaces/{namespace}/pods/{name}/eviction', 'post', 'createCoreV1NamespacedPodEviction', 'post'],
  ['/api/v1/nodes/{name}', 'put', 'replaceCoreV1Node', 'put'],
  ['/apis/rbac.authorization.k8s.io/v1/clusterroles', 'post', 'createRbacAuthorizationV1ClusterRole', 'post'],
  ['/apis/apps/v1/namespaces/{namespace}/deployments/{name}/scale', 'get', 'readAppsV1NamespacedDeploymentScale', 'get'],
])('%s %s is %s', (path, method, id, action) => {
  expect(paths[path]?.[method]).toMatchObject({ operationId: id, 'x-kubernetes-action': action });
});

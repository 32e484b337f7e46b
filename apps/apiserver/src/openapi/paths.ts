import { apiVersionOf, type KindDefinition } from '@rhythm/api';
import type { Json } from './schemas.ts';

/** References to the schemas that a kind's operations take and give. */
export interface KindSchemas {
  readonly object: Json | undefined;
  readonly list: Json | undefined;
  readonly deleteOptions: Json | undefined;
  readonly status: Json | undefined;
}

const patchTypes = ['application/json-patch+json', 'application/merge-patch+json', 'application/strategic-merge-patch+json'];
const bodyTypes = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf'];

const query = (name: string, type: string): Json => ({ name, in: 'query', schema: { type, uniqueItems: true } });
const pathParameter = (name: string): Json => ({ name, in: 'path', required: true, schema: { type: 'string', uniqueItems: true } });
const writing = [query('dryRun', 'string'), query('fieldManager', 'string'), query('fieldValidation', 'string')];
const selecting = [
  query('labelSelector', 'string'),
  query('fieldSelector', 'string'),
  query('limit', 'integer'),
  query('continue', 'string'),
  query('resourceVersion', 'string'),
  query('resourceVersionMatch', 'string'),
  query('timeoutSeconds', 'integer'),
];
const watching = [query('watch', 'boolean'), query('allowWatchBookmarks', 'boolean'), query('sendInitialEvents', 'boolean')];
const deleting = [query('dryRun', 'string'), query('gracePeriodSeconds', 'integer'), query('propagationPolicy', 'string')];

/** The paths of one kind and of its subresources, in OpenAPI v3. */
export function pathsOf(kind: KindDefinition, schemas: KindSchemas): Record<string, Json> {
  const base = kind.group === '' ? `/api/${kind.version}` : `/apis/${apiVersionOf(kind)}`;
  const collection = kind.namespaced ? `${base}/namespaces/{namespace}/${kind.plural}` : `${base}/${kind.plural}`;
  const scope = kind.namespaced ? [pathParameter('namespace')] : [];
  const paths: Record<string, Json> = {};
  if (kind.namespaced && kind.verbs.includes('list')) paths[`${base}/${kind.plural}`] = { get: operation(kind, 'list', schemas), parameters: [] };
  paths[collection] = { ...operations(kind, kind.verbs, { get: 'list', post: 'create', delete: 'deletecollection' }, schemas), parameters: scope };
  paths[`${collection}/{name}`] = { ...operations(kind, kind.verbs, { get: 'get', put: 'update', patch: 'patch', delete: 'delete' }, schemas), parameters: [...scope, pathParameter('name')] };
  for (const sub of kind.subresources) {
    const own = { ...kind, group: sub.group, version: sub.version, kind: sub.kind };
    paths[`${collection}/{name}/${sub.name}`] = { ...operations(own, sub.verbs, { get: 'get', post: 'create', put: 'update', patch: 'patch' }, schemas), parameters: [...scope, pathParameter('name')] };
  }
  return Object.fromEntries(Object.entries(paths).filter(([, item]) => Object.keys(item).length > 1));
}

function operations(kind: KindDefinition, verbs: readonly string[], methods: Readonly<Record<string, string>>, schemas: KindSchemas): Json {
  const served = Object.entries(methods).filter(([, verb]) => verbs.includes(verb));
  return Object.fromEntries(served.map(([method, verb]) => [method, operation(kind, verb, schemas)]));
}

function operation(kind: KindDefinition, verb: string, schemas: KindSchemas): Json {
  const reply = verb === 'list' ? schemas.list : verb.startsWith('delete') ? schemas.status : schemas.object;
  return {
    ...parametersOf(verb),
    ...bodyOf(verb, schemas),
    responses: { [verb === 'create' ? '201' : '200']: { description: verb === 'create' ? 'Created' : 'OK', ...(reply === undefined ? {} : { content: contentOf(bodyTypes, reply) }) } },
    'x-kubernetes-action': verb === 'create' ? 'post' : verb === 'update' ? 'put' : verb,
    'x-kubernetes-group-version-kind': { group: kind.group, version: kind.version, kind: kind.kind },
  };
}

function parametersOf(verb: string): Json {
  switch (verb) {
    case 'list':
      return { parameters: [...selecting, ...watching] };
    case 'create':
    case 'update':
      return { parameters: writing };
    case 'patch':
      return { parameters: [...writing, query('force', 'boolean')] };
    case 'delete':
      return { parameters: deleting };
    case 'deletecollection':
      return { parameters: [...deleting, ...selecting] };
    default:
      return {};
  }
}

function bodyOf(verb: string, schemas: KindSchemas): Json {
  if (verb === 'patch') return { requestBody: { required: true, content: contentOf(patchTypes, { type: 'object' }) } };
  if (verb.startsWith('delete')) return schemas.deleteOptions === undefined ? {} : { requestBody: { content: contentOf(bodyTypes, schemas.deleteOptions) } };
  if (verb !== 'create' && verb !== 'update') return {};
  return schemas.object === undefined ? {} : { requestBody: { required: true, content: contentOf(bodyTypes, schemas.object) } };
}

function contentOf(types: readonly string[], schema: Json): Json {
  return Object.fromEntries(types.map((type) => [type, { schema }]));
}

import type { KindDefinition, Subresource } from '../kinds/kind.ts';
import { schemaFor } from '../schema/table.ts';
import { gvkExtension, type Definitions, type OpenApiSchema, type OpenApiVersion } from './definitions.ts';

/** Operations by path, as they stand in a document. */
export type OpenApiPaths = { [path: string]: { [member: string]: unknown } };

interface Gvk {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

const queryTypes: Readonly<Record<string, string>> = { force: 'boolean', watch: 'boolean', allowWatchBookmarks: 'boolean', sendInitialEvents: 'boolean', limit: 'integer', timeoutSeconds: 'integer', gracePeriodSeconds: 'integer', orphanDependents: 'boolean' };
const writeQuery = ['dryRun', 'fieldManager', 'fieldValidation'];
const deleteQuery = ['dryRun', 'gracePeriodSeconds', 'orphanDependents', 'propagationPolicy'];
const listQuery = ['allowWatchBookmarks', 'continue', 'fieldSelector', 'labelSelector', 'limit', 'resourceVersion', 'resourceVersionMatch', 'sendInitialEvents', 'timeoutSeconds', 'watch'];
const patchTypes = ['application/apply-patch+yaml', 'application/json-patch+json', 'application/merge-patch+json', 'application/strategic-merge-patch+json'];
const bodyTypes = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf'];

/** The paths of a kind, its subresources included; the schemas they need go into `definitions`. */
export function pathsOf(kind: KindDefinition, definitions: Definitions, version: OpenApiVersion): OpenApiPaths {
  const writer = new PathWriter(kind, definitions, version);
  return writer.paths();
}

class PathWriter {
  readonly #kind: KindDefinition;
  readonly #definitions: Definitions;
  readonly #version: OpenApiVersion;

  constructor(kind: KindDefinition, definitions: Definitions, version: OpenApiVersion) {
    this.#kind = kind;
    this.#definitions = definitions;
    this.#version = version;
  }

  paths(): OpenApiPaths {
    const kind = this.#kind;
    const base = kind.group === '' ? `/api/${kind.version}` : `/apis/${kind.group}/${kind.version}`;
    const scoped = `${base}${kind.namespaced ? '/namespaces/{namespace}' : ''}/${kind.plural}`;
    const paths: OpenApiPaths = {};
    this.#put(paths, scoped, { get: this.#listing(), post: this.#writing('post', kind, []), delete: this.#deleting('deletecollection') });
    this.#put(paths, `${scoped}/{name}`, { get: this.#reading(kind), put: this.#writing('put', kind, []), patch: this.#writing('patch', kind, ['force']), delete: this.#deleting('delete') });
    if (kind.namespaced) this.#put(paths, `${base}/${kind.plural}`, { get: this.#listing() });
    for (const subresource of kind.subresources) this.#put(paths, `${scoped}/{name}/${subresource.name}`, this.#subresource(subresource));
    return paths;
  }

  #put(paths: OpenApiPaths, path: string, operations: { [method: string]: OpenApiSchema | undefined }): void {
    const known = Object.entries(operations).filter(([, operation]) => operation !== undefined);
    if (known.length === 0) return;
    const names = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '');
    const parameters = names.map((name) => ({ name, in: 'path', required: true, ...this.#typed('string') }));
    paths[path] = { ...Object.fromEntries(known), ...(parameters.length === 0 ? {} : { parameters }) };
  }

  #subresource(subresource: Subresource): { [method: string]: OpenApiSchema | undefined } {
    const has = (verb: string): boolean => subresource.verbs.includes(verb);
    return {
      get: has('get') ? this.#reading(subresource) : undefined,
      post: has('create') ? this.#operation('post', subresource, writeQuery, subresource) : undefined,
      put: has('update') ? this.#operation('put', subresource, writeQuery, subresource) : undefined,
      patch: has('patch') ? this.#operation('patch', subresource, [...writeQuery, 'force'], subresource) : undefined,
    };
  }

  #listing(): OpenApiSchema | undefined {
    if (!this.#kind.verbs.includes('list')) return undefined;
    return this.#operation('list', this.#kind, listQuery, { ...this.#gvk(), kind: this.#kind.listKind });
  }

  #reading(gvk: Gvk): OpenApiSchema | undefined {
    return gvk !== this.#kind || this.#kind.verbs.includes('get') ? this.#operation('get', gvk, [], gvk) : undefined;
  }

  #writing(action: 'post' | 'put' | 'patch', gvk: Gvk, more: readonly string[]): OpenApiSchema | undefined {
    const verb = { post: 'create', put: 'update', patch: 'patch' }[action];
    return this.#kind.verbs.includes(verb) ? this.#operation(action, gvk, [...writeQuery, ...more], gvk) : undefined;
  }

  #deleting(verb: 'delete' | 'deletecollection'): OpenApiSchema | undefined {
    const query = verb === 'delete' ? deleteQuery : [...deleteQuery, ...listQuery.filter((name) => name !== 'watch')];
    return this.#kind.verbs.includes(verb) ? this.#operation(verb, this.#kind, query, { group: '', version: 'v1', kind: 'Status' }) : undefined;
  }

  #gvk(): Gvk {
    return { group: this.#kind.group, version: this.#kind.version, kind: this.#kind.kind };
  }

  #operation(action: string, gvk: Gvk, query: readonly string[], answer: Gvk): OpenApiSchema {
    const takesBody = ['post', 'put', 'patch', 'delete', 'deletecollection'].includes(action);
    const body = action.startsWith('delete') ? { group: '', version: 'v1', kind: 'DeleteOptions' } : action === 'patch' ? undefined : gvk;
    const media = action === 'patch' ? patchTypes : bodyTypes;
    const parameters = query.map((name) => ({ name, in: 'query', ...this.#typed(queryTypes[name] ?? 'string') }));
    return {
      operationId: `${action}${gvk.kind}`,
      ...(this.#version === 2 && takesBody ? { consumes: media } : {}),
      ...(this.#version === 2 ? { produces: bodyTypes } : {}),
      parameters: [...parameters, ...(this.#version === 2 && takesBody ? [{ name: 'body', in: 'body', required: !action.startsWith('delete'), schema: this.#schema(body) }] : [])],
      ...(this.#version === 3 && takesBody ? { requestBody: { content: this.#content(media, this.#schema(body)) } } : {}),
      responses: { 200: { description: 'OK', ...(this.#version === 2 ? { schema: this.#schema(answer) } : { content: this.#content(bodyTypes, this.#schema(answer)) }) } },
      'x-kubernetes-action': action,
      [gvkExtension]: { group: gvk.group, kind: gvk.kind, version: gvk.version },
    };
  }

  #content(media: readonly string[], schema: OpenApiSchema): OpenApiSchema {
    return Object.fromEntries(media.map((type) => [type, { schema }]));
  }

  /** Any object where there is no schema: patches, and bodies of subresources that are streams. */
  #schema(gvk: Gvk | undefined): OpenApiSchema {
    if (gvk === undefined) return { type: 'object' };
    const own = gvk.kind === this.#kind.kind && gvk.group === this.#kind.group;
    const node = own ? this.#kind.schema : schemaFor(gvk.group, gvk.version, gvk.kind);
    if (node === undefined) return { type: 'object' };
    if (node.proto !== undefined) return this.#definitions.reference(node);
    const name = `${gvk.group.split('.').toReversed().join('.')}.${gvk.version}.${gvk.kind}`;
    const reference = this.#definitions.reference(node, name);
    this.#definitions.mark(name, gvk);
    return reference;
  }

  #typed(type: string): OpenApiSchema {
    const plain = { type, uniqueItems: true };
    return this.#version === 2 ? plain : { schema: plain };
  }
}

import type { KindDefinition, Subresource } from '../kinds/kind.ts';
import { schemaFor, schemaOfMessage } from '../schema/table.ts';
import { customListSchema, customSchema } from './custom-schema.ts';
import { gvkExtension, type DefinitionWriter, type OpenApiSchema, type OpenApiVersion } from './definitions.ts';
import { operationId } from './operation-id.ts';
import { deleting, deletingMany, listing, optionParameters, patching, pathParameters, writing, type Parameter } from './parameters.ts';

/** Operations by path, as they stand in a document. */
export type OpenApiPaths = { [path: string]: { [member: string]: unknown } };

interface Gvk {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

const patchTypes = ['application/apply-patch+yaml', 'application/json-patch+json', 'application/merge-patch+json', 'application/strategic-merge-patch+json'];
const bodyTypes = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf'];

type Action = 'list' | 'get' | 'post' | 'put' | 'patch' | 'delete' | 'deletecollection';

interface Operation {
  readonly id: string;
  readonly action: Action;
  /** What it is about. */
  readonly gvk: Gvk;
  readonly query: readonly Parameter[];
  readonly answer: Gvk;
}

const queryOf: Readonly<Record<Action, readonly Parameter[]>> = { list: listing, get: [], post: writing, put: writing, patch: patching, delete: deleting, deletecollection: deletingMany };
const methods: Readonly<Record<string, Exclude<Action, 'list' | 'deletecollection'>>> = { get: 'get', create: 'post', update: 'put', patch: 'patch', delete: 'delete' };
const statusesOf: Readonly<Record<Action, readonly number[]>> = { list: [200], get: [200], post: [200, 201, 202], put: [200, 201], patch: [200, 201], delete: [200, 202], deletecollection: [200] };
const statusTexts: Readonly<Record<number, string>> = { 200: 'OK', 201: 'Created', 202: 'Accepted' };
const statusKind: Gvk = { group: '', version: 'v1', kind: 'Status' };
const deleteOptionsKind: Gvk = { group: '', version: 'v1', kind: 'DeleteOptions' };

/** The paths of a kind, its subresources included; the schemas they need go into `definitions`. */
export function pathsOf(kind: KindDefinition, definitions: DefinitionWriter, version: OpenApiVersion): OpenApiPaths {
  const writer = new PathWriter(kind, definitions, version);
  return writer.paths();
}

class PathWriter {
  readonly #kind: KindDefinition;
  readonly #definitions: DefinitionWriter;
  readonly #version: OpenApiVersion;

  constructor(kind: KindDefinition, definitions: DefinitionWriter, version: OpenApiVersion) {
    this.#kind = kind;
    this.#definitions = definitions;
    this.#version = version;
  }

  paths(): OpenApiPaths {
    const kind = this.#kind;
    const base = kind.group === '' ? `/api/${kind.version}` : `/apis/${kind.group}/${kind.version}`;
    const scoped = `${base}${kind.namespaced ? '/namespaces/{namespace}' : ''}/${kind.plural}`;
    const paths: OpenApiPaths = {};
    this.#put(paths, scoped, { get: this.#listing(false), post: this.#own('post', 'create'), delete: this.#own('deletecollection', 'deletecollection') });
    this.#put(paths, `${scoped}/{name}`, { get: this.#own('get', 'get'), put: this.#own('put', 'update'), patch: this.#own('patch', 'patch'), delete: this.#own('delete', 'delete') });
    if (kind.namespaced) this.#put(paths, `${base}/${kind.plural}`, { get: this.#listing(true) });
    for (const subresource of kind.subresources) this.#put(paths, `${scoped}/{name}/${subresource.name}`, this.#subresource(subresource));
    return paths;
  }

  #put(paths: OpenApiPaths, path: string, operations: { [method: string]: OpenApiSchema | undefined }): void {
    const known = Object.entries(operations).filter(([, operation]) => operation !== undefined);
    if (known.length === 0) return;
    const parameters = pathParameters(path).map((parameter) => this.#parameter(parameter));
    paths[path] = { ...Object.fromEntries(known), ...(parameters.length === 0 ? {} : { parameters }) };
  }

  #listing(everywhere: boolean): OpenApiSchema | undefined {
    if (!this.#kind.verbs.includes('list')) return undefined;
    return this.#operation({ id: operationId(this.#kind, 'list', { everywhere }), action: 'list', gvk: this.#kind, query: listing, answer: { ...gvkOf(this.#kind), kind: this.#kind.listKind } });
  }

  #own(action: Action, verb: string): OpenApiSchema | undefined {
    if (!this.#kind.verbs.includes(verb)) return undefined;
    const answer = action.startsWith('delete') ? statusKind : this.#kind;
    return this.#operation({ id: operationId(this.#kind, action), action, gvk: this.#kind, query: queryOf[action], answer });
  }

  #subresource(subresource: Subresource): { [method: string]: OpenApiSchema | undefined } {
    const operations: { [method: string]: OpenApiSchema } = {};
    const stream = subresource.kind.endsWith('Options');
    for (const verb of subresource.verbs) {
      const method = methods[verb];
      if (method === undefined) continue;
      operations[method] = stream ? this.#connect(subresource, method) : this.#operation({ id: operationId(this.#kind, method, { subresource }), action: method, gvk: subresource, query: queryOf[method], answer: subresource });
    }
    return operations;
  }

  /** A stream: its options are a kind whose fields go as parameters, and it answers with whatever is streamed. */
  #connect(subresource: Subresource, method: string): OpenApiSchema {
    return {
      operationId: operationId(this.#kind, 'connect', { subresource, method }),
      ...(this.#version === 2 ? { consumes: ['*/*'], produces: ['*/*'] } : {}),
      parameters: optionParameters(schemaFor(subresource.group, subresource.version, subresource.kind)).map((parameter) => this.#parameter(parameter)),
      responses: this.#responses([200], ['*/*'], { type: 'string' }),
      'x-kubernetes-action': 'connect',
      [gvkExtension]: gvkOf(subresource),
    };
  }

  #operation({ id, action, gvk, query, answer }: Operation): OpenApiSchema {
    const body = action === 'list' || action === 'get' ? undefined : this.#schema(action.startsWith('delete') ? deleteOptionsKind : action === 'patch' ? undefined : gvk);
    const media = action === 'patch' ? patchTypes : bodyTypes;
    const required = !action.startsWith('delete');
    return {
      operationId: id,
      ...(this.#version === 2 && body !== undefined ? { consumes: media } : {}),
      ...(this.#version === 2 ? { produces: bodyTypes } : {}),
      parameters: [...query.map((parameter) => this.#parameter(parameter)), ...(this.#version === 2 && body !== undefined ? [{ name: 'body', in: 'body', required, schema: body }] : [])],
      ...(this.#version === 3 && body !== undefined ? { requestBody: { content: this.#content(media, body), required } } : {}),
      responses: this.#responses(statusesOf[action], bodyTypes, this.#schema(answer)),
      'x-kubernetes-action': action,
      [gvkExtension]: gvkOf(gvk),
    };
  }

  #responses(statuses: readonly number[], media: readonly string[], schema: OpenApiSchema): OpenApiSchema {
    const content = this.#version === 2 ? { schema } : { content: this.#content(media, schema) };
    const each = statuses.map((status) => [status, { description: statusTexts[status] ?? '', ...content }] as const);
    return { ...Object.fromEntries(each), 401: { description: 'Unauthorized' } };
  }

  #content(media: readonly string[], schema: OpenApiSchema): OpenApiSchema {
    return Object.fromEntries(media.map((type) => [type, { schema }]));
  }

  /** Any object where there is no schema: patches, and bodies of subresources that are streams. */
  #schema(gvk: Gvk | undefined): OpenApiSchema {
    if (gvk === undefined) return { type: 'object' };
    if (this.#kind.custom !== undefined && gvk.group === this.#kind.group && (gvk.kind === this.#kind.kind || gvk.kind === this.#kind.listKind)) return this.#custom(gvk.kind === this.#kind.listKind);
    const own = gvk.kind === this.#kind.kind && gvk.group === this.#kind.group;
    const node = own ? this.#kind.schema : schemaFor(gvk.group, gvk.version, gvk.kind);
    if (node === undefined) return { type: 'object' };
    if (node.proto !== undefined) return this.#definitions.reference(node);
    const name = `${gvk.group.split('.').toReversed().join('.')}.${gvk.version}.${gvk.kind}`;
    const reference = this.#definitions.reference(node, name);
    this.#definitions.mark(name, gvk);
    return reference;
  }

  /** The definition of a custom resource, or of its list. */
  #custom(isList: boolean): OpenApiSchema {
    const kind = this.#kind;
    const { item: itemName, list } = customDefinitionNames(kind);
    const meta = (name: string): OpenApiSchema => {
      const node = schemaOfMessage(`k8s.io.apimachinery.pkg.apis.meta.v1.${name}`);
      return node === undefined ? { type: 'object' } : this.#definitions.reference(node);
    };
    const item = this.#definitions.written(itemName, () => customSchema(kind, this.#version, meta('ObjectMeta')));
    return isList ? this.#definitions.written(list, () => customListSchema(kind, this.#version, item, meta('ListMeta'))) : item;
  }

  #parameter({ name, in: place, type, description }: Parameter): OpenApiSchema {
    const typed = { type, uniqueItems: true };
    return { name, in: place, description, ...(place === 'path' ? { required: true } : {}), ...(this.#version === 2 ? typed : { schema: typed }) };
  }
}

/** What the definitions of a custom resource and of its list are called. */
function customDefinitionNames({ group, version, kind, listKind }: KindDefinition): { readonly item: string; readonly list: string } {
  const prefix = `${group.split('.').toReversed().join('.')}.${version}`;
  return { item: `${prefix}.${kind}`, list: `${prefix}.${listKind}` };
}

function gvkOf({ group, version, kind }: Gvk): Gvk {
  return { group, kind, version };
}

import type { KindDefinition, SchemaNode } from '@rhythm/api';
import { schemaFor } from '@rhythm/api';

/** A JSON schema in the dialect of OpenAPI v2 or v3. */
export type Json = Record<string, unknown>;

interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/**
 * The schema table as OpenAPI definitions: one per message, referring to each other by name, as upstream publishes
 * them. The dialects differ in where definitions stand and in how a value of two types is said.
 */
export class Definitions {
  readonly #prefix: string;
  readonly #v2: boolean;
  readonly #found = new Map<string, Json>();
  readonly #kinds = new Map<string, GroupVersionKind[]>();

  constructor(dialect: 'v2' | 'v3') {
    this.#v2 = dialect === 'v2';
    this.#prefix = this.#v2 ? '#/definitions/' : '#/components/schemas/';
  }

  /** Adds a kind and all it is made of; gives a reference to it. */
  addKind(gvk: GroupVersionKind): Json | undefined {
    const node = schemaFor(gvk.group, gvk.version, gvk.kind);
    const name = node === undefined ? undefined : nameOf(node);
    if (node === undefined || name === undefined) return undefined;
    const kinds = this.#kinds.get(name) ?? [];
    if (!kinds.some((known) => known.group === gvk.group && known.version === gvk.version && known.kind === gvk.kind)) kinds.push({ group: gvk.group, version: gvk.version, kind: gvk.kind });
    this.#kinds.set(name, kinds);
    return this.#of(node);
  }

  /** Everything added so far, by name. */
  all(): Record<string, Json> {
    const names = [...this.#found.keys()].sort();
    return Object.fromEntries(
      names.map((name) => {
        const kinds = this.#kinds.get(name);
        return [name, kinds === undefined ? this.#found.get(name) : { ...this.#found.get(name), 'x-kubernetes-group-version-kind': kinds }];
      }),
    ) as Record<string, Json>;
  }

  #of(node: SchemaNode): Json {
    const name = nameOf(node);
    if (name === undefined) return this.#inline(node);
    if (!this.#found.has(name)) {
      // Named before it is filled: messages refer to themselves.
      const definition: Json = {};
      this.#found.set(name, definition);
      Object.assign(definition, this.#inline(node));
    }
    return { $ref: `${this.#prefix}${name}` };
  }

  #inline(node: SchemaNode): Json {
    if (node.scalar === 'quantity') return this.#v2 ? { type: 'string' } : { oneOf: [{ type: 'string' }, { type: 'number' }] };
    if (node.scalar === 'int-or-string') return this.#v2 ? { type: 'string', format: 'int-or-string' } : { format: 'int-or-string', oneOf: [{ type: 'integer' }, { type: 'string' }] };
    const schema: Json = {};
    if (node.type !== undefined) schema['type'] = node.type;
    if (node.format !== undefined) schema['format'] = node.format;
    if (node.enum !== undefined && node.type === 'string') schema['enum'] = node.enum;
    if (node.default !== undefined) schema['default'] = node.default;
    if (node.required !== undefined && node.required.length > 0) schema['required'] = node.required;
    if (node.properties !== undefined && node.properties.size > 0) schema['properties'] = Object.fromEntries([...node.properties].map(([name, child]) => [name, this.#field(child)]));
    if (node.additionalProperties !== undefined) schema['additionalProperties'] = this.#of(node.additionalProperties);
    if (node.items !== undefined) schema['items'] = this.#of(node.items);
    return Object.assign(schema, extensionsOf(node));
  }

  /** What is said of a field besides its type cannot stand beside a `$ref`. */
  #field(node: SchemaNode): Json {
    const schema = this.#of(node);
    if (schema['$ref'] === undefined || this.#v2) return schema;
    return { allOf: [schema], ...(node.default === undefined ? {} : { default: node.default }) };
  }
}

/** `io.k8s.api.core.v1.Pod` for `k8s.io.api.core.v1.Pod`; nothing for scalars and unnamed nodes. */
function nameOf(node: SchemaNode): string | undefined {
  const message = node.proto?.message;
  if (message === undefined || message === '') return undefined;
  return message.replace(/^k8s\.io\./, 'io.k8s.').replace('apiextensions_apiserver', 'apiextensions-apiserver').replace('kube_aggregator', 'kube-aggregator');
}

function extensionsOf(node: SchemaNode): Json {
  const extensions: Json = {};
  if (node.patchStrategy !== undefined && node.patchStrategy.length > 0) extensions['x-kubernetes-patch-strategy'] = node.patchStrategy.join(',');
  if (node.patchMergeKey !== undefined) extensions['x-kubernetes-patch-merge-key'] = node.patchMergeKey;
  if (node.listType !== undefined) extensions['x-kubernetes-list-type'] = node.listType;
  if (node.listMapKeys !== undefined) extensions['x-kubernetes-list-map-keys'] = node.listMapKeys;
  if (node.mapType === 'atomic') extensions['x-kubernetes-map-type'] = 'atomic';
  return extensions;
}

/** The kinds whose schemas the operations of a kind refer to. */
export function addServedKind(definitions: Definitions, kind: KindDefinition): { readonly object: Json | undefined; readonly list: Json | undefined } {
  const { group, version } = kind;
  const object = definitions.addKind({ group, version, kind: kind.kind });
  const list = kind.verbs.includes('list') ? definitions.addKind({ group, version, kind: kind.listKind }) : undefined;
  for (const sub of kind.subresources) definitions.addKind(sub);
  return { object, list };
}

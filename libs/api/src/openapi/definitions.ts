import type { ProtoForm, SchemaNode } from '../schema/node.ts';
import { builtInKinds, schemaFor, schemaOfMessage } from '../schema/table.ts';
import { atomicTypes } from './atomic-types.ts';
import { noDescriptions, type Descriptions } from './descriptions.ts';
import { fieldsOf, implicitDefaults, type ImplicitDefaults } from './implicit-default.ts';

/** A schema as it stands in an OpenAPI document. */
export type OpenApiSchema = { [name: string]: unknown };

export type OpenApiVersion = 2 | 3;

export const gvkExtension = 'x-kubernetes-group-version-kind';

/** Takes the definitions that what is written of a kind refers to. */
export interface DefinitionWriter {
  /** A reference to the definition of a built-in message or, under a name of its own, of another schema. */
  reference(node: SchemaNode, name?: string): OpenApiSchema;
  /** A reference to a definition that is not compiled from the table: `make` writes it when it is first asked for. */
  written(name: string, make: () => OpenApiSchema): OpenApiSchema;
  /** Adds group, version and kind to a definition that is not a built-in's. */
  mark(name: string, gvk: { group: string; version: string; kind: string }): void;
}

export function referenceTo(version: OpenApiVersion, name: string): OpenApiSchema {
  return { $ref: `${version === 2 ? '#/definitions/' : '#/components/schemas/'}${name}` };
}

/** Gathers the definitions of one document: what is asked for, and what that refers to. Each is made when its turn comes, so that many need not be made at once. */
export class Definitions implements DefinitionWriter {
  readonly #version: OpenApiVersion;
  readonly #descriptions: Descriptions;
  readonly #known = new Set<string>();
  readonly #pending: (readonly [name: string, make: () => OpenApiSchema])[] = [];
  readonly #marks = new Map<string, { group: string; version: string; kind: string }>();

  constructor(version: OpenApiVersion, descriptions: Descriptions = noDescriptions) {
    this.#version = version;
    this.#descriptions = descriptions;
  }

  /** All that were asked for and have not been made; making one may ask for more. */
  *made(): Generator<readonly [name: string, schema: OpenApiSchema]> {
    for (let next = this.#pending.pop(); next !== undefined; next = this.#pending.pop()) {
      const [name, make] = next;
      const definition = make();
      const gvk = this.#marks.get(name);
      if (gvk !== undefined) definition[gvkExtension] = [{ group: gvk.group, kind: gvk.kind, version: gvk.version }];
      yield [name, definition];
    }
  }

  reference(node: SchemaNode, name = definitionName(node)): OpenApiSchema {
    // A field's node is the type's with what the field adds: the definition is of the type alone.
    return this.written(name, () => this.#define(schemaOfMessage(node.proto?.message ?? '') ?? node));
  }

  written(name: string, make: () => OpenApiSchema): OpenApiSchema {
    if (!this.#known.has(name)) {
      this.#known.add(name);
      this.#pending.push([name, make]);
    }
    return referenceTo(this.#version, name);
  }

  mark(name: string, gvk: { group: string; version: string; kind: string }): void {
    this.#marks.set(name, gvk);
  }

  #define(node: SchemaNode): OpenApiSchema {
    const { form, message } = node.proto ?? {};
    const text = message === undefined ? undefined : this.#descriptions.ofType(definitionName(node));
    const described = text === undefined ? {} : { description: text };
    if (form !== undefined && form !== 'list') return { ...described, ...formSchemas(this.#version)[form] };
    const kinds = kindsOf(message ?? '');
    const whole = atomicTypes().has(message ?? '') ? { 'x-kubernetes-map-type': 'atomic' } : {};
    return { ...described, ...this.#plain(node), ...whole, ...(kinds.length === 0 ? {} : { [gvkExtension]: kinds }) };
  }

  /** The schema of a node where it is used. */
  #use(node: SchemaNode, implicit: ImplicitDefaults = {}, description?: string): OpenApiSchema {
    const more = { ...(description === undefined ? {} : { description }), ...(this.#version === 2 || implicit.own === undefined ? {} : { default: implicit.own }) };
    if (node.proto === undefined || node.proto.form === 'list') return { ...more, ...this.#plain(node, implicit.element) };
    const reference = this.reference(node);
    const beside = { ...more, ...this.#beside(node) };
    if (Object.keys(beside).length === 0) return reference;
    return this.#version === 2 ? { ...reference, ...beside } : { allOf: [reference], ...beside };
  }

  #properties(node: SchemaNode): OpenApiSchema | undefined {
    if (node.properties === undefined || node.properties.size === 0) return undefined;
    const definition = node.proto === undefined ? undefined : definitionName(node);
    const fields = fieldsOf(node);
    const schemaOf = (name: string, child: SchemaNode): OpenApiSchema => {
      const text = definition === undefined ? undefined : this.#descriptions.ofProperty(definition, name);
      return this.#use(child, implicitDefaults(fields.get(name)), text === undefined ? undefined : text + valuesText(child));
    };
    return Object.fromEntries([...node.properties].map(([name, child]) => [name, schemaOf(name, child)]));
  }

  #plain(node: SchemaNode, elementDefault?: unknown): OpenApiSchema {
    const properties = this.#properties(node);
    const element = { own: elementDefault };
    const { proto: _proto, ...own } = node;
    return {
      ...(node.type === undefined ? {} : { type: node.type }),
      ...(node.format === undefined ? {} : { format: node.format }),
      ...(node.items === undefined ? {} : { items: this.#use(node.items, element) }),
      ...(node.additionalProperties === undefined ? {} : { additionalProperties: this.#use(node.additionalProperties, element) }),
      ...(properties === undefined ? {} : { properties }),
      ...(node.required === undefined || node.required.length === 0 ? {} : { required: [...node.required].toSorted() }),
      ...(node.intOrString === true && node.proto === undefined ? { 'x-kubernetes-int-or-string': true } : {}),
      ...(node.preserveUnknownFields === true ? { 'x-kubernetes-preserve-unknown-fields': true } : {}),
      ...(node.embeddedResource === true ? { 'x-kubernetes-embedded-resource': true } : {}),
      ...(node.nullable === true && this.#version === 3 ? { nullable: true } : {}),
      ...node.bounds,
      ...this.#beside(own),
      ...this.#junctors(node),
    };
  }

  /** What a field says about a type that it shares with others. */
  #beside(node: SchemaNode): OpenApiSchema {
    const strategy = node.patchStrategy;
    return {
      // As upstream: defaults are in version 3 only.
      ...(node.default === undefined || this.#version === 2 ? {} : { default: node.default }),
      ...(node.enum === undefined ? {} : { enum: node.enum }),
      ...(strategy === undefined ? {} : { 'x-kubernetes-patch-strategy': strategy.join(',') }),
      ...(node.patchMergeKey === undefined ? {} : { 'x-kubernetes-patch-merge-key': node.patchMergeKey }),
      ...(node.listType === undefined ? {} : { 'x-kubernetes-list-type': node.listType }),
      ...(node.listMapKeys === undefined ? {} : { 'x-kubernetes-list-map-keys': node.listMapKeys }),
      ...(node.mapType === undefined ? {} : { 'x-kubernetes-map-type': node.mapType }),
      ...(node.celRules === undefined ? {} : { 'x-kubernetes-validations': node.celRules }),
    };
  }

  /** OpenAPI v2 has none of these but allOf: upstream leaves them out there. */
  #junctors(node: SchemaNode): OpenApiSchema {
    if (this.#version === 2) return {};
    const each = (name: string, parts: readonly SchemaNode[] | undefined): OpenApiSchema => (parts === undefined ? {} : { [name]: parts.map((part) => this.#plain(part)) });
    return { ...each('allOf', node.allOf), ...each('anyOf', node.anyOf), ...each('oneOf', node.oneOf), ...(node.not === undefined ? {} : { not: this.#plain(node.not) }) };
  }
}

/** The values of a field of words, as upstream adds them to its description. */
function valuesText(node: SchemaNode): string {
  if (node.enum === undefined) return '';
  return `\n\nPossible enum values:\n${node.enum.map((value) => ` - \`${JSON.stringify(value)}\``).join('\n')}`;
}

/** `io.k8s.api.core.v1.Pod`, as upstream names it. */
export function definitionName(node: SchemaNode): string {
  const name = node.proto?.message;
  if (name === undefined) throw new Error('the definition of a schema without a message needs a name');
  return definitionNameOf(name);
}

/** The same for the name of a message. */
export function definitionNameOf(message: string): string {
  return message.replace(/^k8s\.io\./, 'io.k8s.').replaceAll('_', '-');
}

function formSchemas(version: OpenApiVersion): Readonly<Record<Exclude<ProtoForm, 'list'>, OpenApiSchema>> {
  const either = (...types: string[]): OpenApiSchema => ({ oneOf: types.map((type) => ({ type })) });
  return {
    raw: {},
    'raw-object': { type: 'object' },
    time: { type: 'string', format: 'date-time' },
    'micro-time': { type: 'string', format: 'date-time' },
    duration: { type: 'string' },
    quantity: version === 2 ? { type: 'string' } : either('string', 'number'),
    'int-or-string': version === 2 ? { type: 'string', format: 'int-or-string' } : { format: 'int-or-string', ...either('integer', 'string') },
    'schema-or-array': {},
    'schema-or-bool': {},
    'schema-or-strings': {},
  };
}

let kinds: Map<string, { group: string; version: string; kind: string }[]> | undefined;

function kindsOf(message: string): { group: string; version: string; kind: string }[] {
  kinds ??= indexKinds();
  return kinds.get(message) ?? [];
}

function indexKinds(): Map<string, { group: string; version: string; kind: string }[]> {
  const index = new Map<string, { group: string; version: string; kind: string }[]>();
  for (const { group, version, kind } of builtInKinds()) {
    const message = schemaFor(group, version, kind)?.proto?.message ?? '';
    // The kinds of meta/v1 go by the bare version.
    const gvk = { group: group === 'meta.k8s.io' ? '' : group, kind, version };
    index.set(message, [...(index.get(message) ?? []), gvk]);
  }
  const versions = new Map([...index.values()].flat().map(({ group, version }) => [`${group}/${version}`, { group, version }] as const));
  // What deletes and watches take and give goes by the group and version of what they are about.
  for (const kind of ['DeleteOptions', 'WatchEvent']) {
    const all = [...versions].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, { group, version }]) => ({ group, kind, version }));
    index.set(`k8s.io.apimachinery.pkg.apis.meta.v1.${kind}`, all);
  }
  return index;
}

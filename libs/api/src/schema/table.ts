import { schemaTable } from '../gen/schema-table.ts';
import { atomicElements } from './atomic-elements.ts';
import type { ProtoField, ProtoForm, ProtoMessage, ScalarFormat, SchemaNode } from './node.ts';

/**
 * The schema table of the built-in kinds. The data (gen/schema-table.ts, made from proto/k8s) is parsed at first use, and a
 * message becomes a node when somebody asks for it: a process that serves few kinds pays for few.
 */
interface Table {
  /** Protobuf package, API group (null: helper types), version. */
  readonly packages: readonly (readonly [string, string | null, string])[];
  readonly extras: readonly Partial<SchemaNode>[];
  readonly messages: readonly MessageRow[];
}

/** Package, name, form, flags (1 typeMeta, 2 kind, 4 jsonOnly), fields. */
type MessageRow = readonly [number, string, string | 0, number, readonly FieldRow[]];
/** JSON name, number, type (a message, or -1 - scalar), flags (below), extras. */
type FieldRow = readonly [string, number, number, number, number?];

const labels = ['optional', 'repeated', 'map'] as const;
const scalars = ['string', 'bytes', 'bool', 'int32', 'int64', 'uint32', 'uint64', 'double', 'float'] as const;
const isPointer = 4;
const isAlways = 8;
const isOmitZero = 16;
const isInline = 32;
const isRequired = 64;

/** Structs with a JSON form of their own, whose zero `omitempty` does not drop. */
const neverEmpty: ReadonlySet<ProtoForm> = new Set<ProtoForm>(['quantity', 'int-or-string', 'duration']);

const metaPackage = 'k8s.io.apimachinery.pkg.apis.meta.v1';
/** Kinds of meta/v1 that Kubernetes registers in every group and version. */
const everywhere = new Set(['ListOptions', 'GetOptions', 'DeleteOptions', 'CreateOptions', 'UpdateOptions', 'PatchOptions', 'WatchEvent']);
/** Kinds of meta/v1 that go by the bare version `v1`. */
const unversioned = new Set(['Status', 'APIVersions', 'APIGroup', 'APIGroupList', 'APIResourceList', 'Table', 'PartialObjectMetadata', 'PartialObjectMetadataList']);

let loaded: Loaded | undefined;

interface Loaded {
  readonly table: Table;
  /** `group/version/Kind` → message. */
  readonly kinds: ReadonlyMap<string, number>;
  /** Full name → message. */
  readonly names: ReadonlyMap<string, number>;
  readonly nodes: (SchemaNode | undefined)[];
}

function load(): Loaded {
  if (loaded !== undefined) return loaded;
  const table = JSON.parse(schemaTable) as Table;
  const kinds = new Map<string, number>();
  const names = new Map<string, number>();
  table.messages.forEach(([home, name, , flags], index) => {
    const [packageName, group, version] = table.packages[home] ?? ['', null, ''];
    names.set(`${packageName}.${name}`, index);
    if ((flags & 2) !== 0 && group !== null) kinds.set(`${group}/${version}/${name}`, index);
  });
  loaded = { table, kinds, names, nodes: [] };
  return loaded;
}

/** The schema of a built-in kind, options kinds and meta kinds (Status, DeleteOptions, Table …) included. The core group is ''. */
export function schemaFor(group: string, version: string, kind: string): SchemaNode | undefined {
  const { kinds, names } = load();
  const own = kinds.get(`${group}/${version}/${kind}`);
  if (own !== undefined) return nodeOf(own);
  const meta = everywhere.has(kind) || group === 'meta.k8s.io' || (group === '' && version === 'v1' && unversioned.has(kind));
  const found = meta ? names.get(`${metaPackage}.${kind}`) : undefined;
  return found === undefined ? undefined : nodeOf(found);
}

/** The schema of a message by its full protobuf name, as `k8s.io.apimachinery.pkg.apis.meta.v1.ObjectMeta`. */
export function schemaOfMessage(name: string): SchemaNode | undefined {
  const index = load().names.get(name);
  return index === undefined ? undefined : nodeOf(index);
}

/** Metadata of every object, custom ones too. */
export function objectMetaSchema(): SchemaNode {
  const node = schemaOfMessage(`${metaPackage}.ObjectMeta`);
  if (node === undefined) throw new Error('the schema table has no ObjectMeta');
  return node;
}

/** Every built-in kind of the table. */
export function builtInKinds(): { readonly group: string; readonly version: string; readonly kind: string }[] {
  return [...load().kinds.keys()].map((key) => {
    const [group = '', version = '', kind = ''] = key.split('/');
    return { group, version, kind };
  });
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

function nodeOf(index: number): SchemaNode {
  const { table, nodes } = load();
  const known = nodes[index];
  if (known !== undefined) return known;
  const row = table.messages[index];
  if (row === undefined) throw new Error(`the schema table has no message ${index}`);
  return row[2] === 0 ? objectNode(index, row) : formNode(index, row, row[2]);
}

/** Messages may contain themselves, so a node is known before its fields are; its maps and arrays are filled in place. */
function objectNode(index: number, row: MessageRow): SchemaNode {
  const properties = new Map<string, SchemaNode>();
  const required: string[] = [];
  const { node, fields } = register(index, row, { type: 'object', properties, required });
  if ((row[3] & 1) !== 0) {
    properties.set('kind', scalarNode('string'));
    properties.set('apiVersion', scalarNode('string'));
  }
  for (const field of row[4]) addField(field, properties, required, fields);
  fields.sort((a, b) => a.number - b.number);
  if (required.length === 0) delete node.required;
  return Object.freeze(node);
}

function addField(row: FieldRow, properties: Map<string, SchemaNode>, required: string[], fields: ProtoField[]): void {
  const [name, number, type, flags, extra] = row;
  const label = labels[flags & 3] ?? 'optional';
  const element = type < 0 ? scalarNode(scalars[-1 - type] ?? 'string') : nodeOf(type);
  const inline = (flags & isInline) !== 0;
  const pointer = (flags & isPointer) !== 0;
  const struct = label === 'optional' && type >= 0 && !pointer && (element.proto?.form === undefined || neverEmpty.has(element.proto.form));
  fields.push({
    name,
    number,
    type: type < 0 ? (scalars[-1 - type] ?? 'string') : 'message',
    label,
    presence: label === 'repeated' ? 'slice' : label === 'map' ? 'map' : pointer ? 'pointer' : type === -2 ? 'bytes' : 'value',
    always: (flags & isAlways) !== 0 || (struct && (flags & isOmitZero) === 0),
    node: element,
    inline,
  });
  if (inline) {
    for (const [key, value] of element.properties ?? []) properties.set(key, value);
    return;
  }
  properties.set(name, fieldNode(label, element, extra));
  if ((flags & isRequired) !== 0) required.push(name);
}

function fieldNode(label: 'optional' | 'repeated' | 'map', element: SchemaNode, extra: number | undefined): SchemaNode {
  const extras: Partial<SchemaNode> = extra === undefined ? {} : (load().table.extras[extra] ?? {});
  if (label === 'optional') return extra === undefined ? element : Object.freeze({ ...element, ...extras });
  const { enum: values, bounds, ...outer } = extras;
  const { maxItems, ...inner } = bounds ?? {};
  const item = { ...(values === undefined ? {} : { enum: values }), ...(Object.keys(inner).length === 0 ? {} : { bounds: inner }) };
  const shown = Object.keys(item).length === 0 ? element : Object.freeze({ ...element, ...item });
  if (label === 'map') return Object.freeze({ type: 'object', additionalProperties: shown, ...outer });
  return Object.freeze({ type: 'array', items: shown, ...(maxItems === undefined ? {} : { bounds: { maxItems } }), ...outer });
}

function register(index: number, row: MessageRow, base: SchemaNode): { node: Writable<SchemaNode>; fields: ProtoField[] } {
  const { table, nodes } = load();
  const fields: ProtoField[] = [];
  const proto: ProtoMessage = {
    message: `${table.packages[row[0]]?.[0] ?? ''}.${row[1]}`,
    ...(row[2] === 0 ? {} : { form: row[2].toLowerCase().replaceAll('_', '-') as ProtoForm }),
    ...((row[3] & 1) === 0 ? {} : { typeMeta: true }),
    ...((row[3] & 4) === 0 ? {} : { jsonOnly: true }),
    fields,
  };
  const node: Writable<SchemaNode> = { ...base, proto, ...(atomicElements.has(proto.message) ? { mapType: 'atomic' } : {}) };
  nodes[index] = node;
  return { node, fields };
}

const formNodes: Readonly<Record<ProtoForm, SchemaNode>> = {
  list: { type: 'array', items: { type: 'string' } },
  raw: { preserveUnknownFields: true },
  'raw-object': { type: 'object', preserveUnknownFields: true },
  time: { type: 'string', format: 'date-time', scalar: 'time' },
  'micro-time': { type: 'string', format: 'date-time', scalar: 'micro-time' },
  duration: { type: 'string', scalar: 'duration' },
  quantity: { intOrString: true, scalar: 'quantity' },
  'int-or-string': { intOrString: true, scalar: 'int-or-string' },
  'schema-or-array': { preserveUnknownFields: true },
  'schema-or-bool': { preserveUnknownFields: true },
  'schema-or-strings': { preserveUnknownFields: true },
};

function formNode(index: number, row: MessageRow, form: string): SchemaNode {
  const base = formNodes[form.toLowerCase().replaceAll('_', '-') as ProtoForm];
  const { node, fields } = register(index, row, base);
  for (const field of row[4]) addField(field, new Map(), [], fields);
  fields.sort((a, b) => a.number - b.number);
  return Object.freeze(node);
}

const scalarNodes = new Map<string, SchemaNode>();

function scalarNode(type: (typeof scalars)[number]): SchemaNode {
  let node = scalarNodes.get(type);
  if (node === undefined) scalarNodes.set(type, (node = Object.freeze(newScalar(type))));
  return node;
}

function newScalar(type: (typeof scalars)[number]): SchemaNode {
  if (type === 'string') return { type: 'string' };
  if (type === 'bool') return { type: 'boolean' };
  if (type === 'bytes') return { type: 'string', format: 'byte', scalar: 'bytes' };
  if (type === 'double' || type === 'float') return { type: 'number', format: 'double', scalar: 'double' };
  const scalar: ScalarFormat = type === 'int32' || type === 'uint32' ? 'int32' : 'int64';
  return { type: 'integer', format: scalar, scalar };
}

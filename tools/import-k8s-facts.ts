/**
 * Writes proto/k8s/ from tables of facts about the Kubernetes API: run once per Kubernetes release, then read the
 * difference. `node tools/import-k8s-facts.ts --facts DIR`, DIR holding messages.tsv, types.tsv, enums.tsv, constants.tsv,
 * defaults.tsv, resources.tsv.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { constantDefaults, type Row } from './k8s-defaults.ts';

const { values: flags } = parseArgs({ options: { facts: { type: 'string' } } });
if (flags.facts === undefined) throw new Error('--facts DIR is missing');
const facts = flags.facts;
const out = join(dirname(fileURLToPath(import.meta.url)), '..', 'proto', 'k8s');

const rows = read('messages.tsv');
const types = read('types.tsv');
const groups = new Map(read('constants.tsv').filter((r) => r['const_name'] === 'GroupName').map((r) => [cell(r, 'proto_package'), cell(r, 'value')]));
const enums = read('enums.tsv');
const stored = read('resources.tsv').filter((r) => cell(r, 'verbs').split(',').includes('watch'));
const defaults = constantDefaults(rows, read('defaults.tsv'), groups);
const hasProto = new Set(types.filter((t) => t['is_proto_message'] === 'yes').map((t) => `${t['proto_package']}.${t['type']}`));

const forms: Readonly<Record<string, string>> = {
  ExtraValue: 'LIST',
  Verbs: 'LIST',
  Duration: 'DURATION',
  FieldsV1: 'RAW_OBJECT',
  MicroTime: 'MICRO_TIME',
  Time: 'TIME',
  RawExtension: 'RAW_OBJECT',
  IntOrString: 'INT_OR_STRING',
  Quantity: 'QUANTITY',
  QuantityValue: 'QUANTITY',
  JSON: 'RAW',
  JSONSchemaPropsOrArray: 'SCHEMA_OR_ARRAY',
  JSONSchemaPropsOrBool: 'SCHEMA_OR_BOOL',
  JSONSchemaPropsOrStringArray: 'SCHEMA_OR_STRINGS',
};

/** JSON-only fields that are of one struct of the same package, by Go type. */
const jsonOnlyTypes: Readonly<Record<string, string>> = {
  ListMeta: 'ListMeta',
  TableColumnDefinition: 'TableColumnDefinition',
  TableRow: 'TableRow',
  TableRowCondition: 'TableRowCondition',
  'interface{}': '.rhythm.k8s.Value',
  'runtime.RawExtension': '.k8s.io.apimachinery.pkg.runtime.RawExtension',
  int32: 'int32',
};

for (const name of new Set(rows.map((r) => cell(r, 'proto_package')))) writePackage(name);

function writePackage(name: string): void {
  const own = rows.filter((r) => r['proto_package'] === name);
  const messages = new Set(own.map((r) => cell(r, 'message')));
  for (const t of types) if (t['proto_package'] === name && t['is_proto_message'] === 'yes') messages.add(cell(t, 'type'));
  const bodies = [...messages].toSorted().map((m) => message(name, m, own.filter((r) => r['message'] === m)));
  const imports = new Set(['k8s/rhythm/options.proto']);
  for (const reference of bodies.join('\n').matchAll(/\.(k8s\.io\.[a-z0-9_.]+)\.[A-Z]/g)) if (reference[1] !== undefined) imports.add(`k8s/${fileOf(reference[1])}`);
  const group = groups.get(name);
  const text = [
    '// Wire-compatible with Kubernetes v1.35; the options say what protobuf cannot.',
    'syntax = "proto2";',
    `package ${name};`,
    '',
    ...[...imports].toSorted().map((path) => `import "${path}";`),
    '',
    ...(group === undefined ? [] : [`option (rhythm.k8s.group) = "${group}";`, `option (rhythm.k8s.version) = "${name.split('.').at(-1)}";`, '']),
    bodies.join('\n\n'),
    '',
  ].join('\n');
  const path = join(out, fileOf(name));
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

/** `core/v1.proto` for `k8s.io.api.core.v1`. */
function fileOf(name: string): string {
  if (name === 'k8s.io.apimachinery.pkg.api.resource') return 'quantity/quantity.proto';
  const [parent = '', last = ''] = name.split('.').slice(-2);
  return /^v\d/.test(last) ? `${parent}/${last}.proto` : `${last}/${last}.proto`;
}

function message(packageName: string, name: string, fields: readonly Row[]): string {
  const type = types.find((t) => t['proto_package'] === packageName && t['type'] === name && t['go_kind'] !== 'alias');
  const jsonOnly = !hasProto.has(`${packageName}.${name}`);
  const typeMeta = fields.some((f) => f['label'] === 'inline') || (name === 'Table' && jsonOnly);
  const facts: string[] = [];
  if (typeMeta) facts.push('type_meta: true');
  if ((typeMeta || type?.['is_root_object'] === 'yes') && groups.has(packageName)) facts.push('kind: true');
  if (forms[name] !== undefined) facts.push(`form: FORM_${forms[name]}`);
  if (jsonOnly) facts.push('json_only: true');
  const resource = stored.find((r) => r['proto_package'] === packageName && r['kind'] === name);
  if (resource !== undefined) facts.push(`plural: ${JSON.stringify(resource['plural'])}`, ...(resource['namespaced'] === 'yes' ? ['namespaced: true'] : []));
  const lines = facts.length === 0 ? [] : [`  option (rhythm.k8s.message) = { ${facts.join(' ')} };`];
  const real = fields.filter((f) => f['label'] !== 'inline');
  real.forEach((f, index) => lines.push(field(f, jsonOnly ? index + 1 : undefined)));
  return lines.length === 0 ? `message ${name} {}` : `message ${name} {\n${lines.join('\n')}\n}`;
}

function field(row: Row, ownNumber: number | undefined): string {
  const json = cell(row, 'field_json_name');
  const name = ownNumber === undefined ? cell(row, 'proto_field_name') : json;
  const options = fieldFacts(row, json, name);
  const goType = cell(row, 'go_type').replace(/^\[\]/, '');
  const type = ownNumber === undefined ? typeName(cell(row, 'proto_type')) : (jsonOnlyTypes[goType] ?? 'string');
  const label = ownNumber === undefined ? cell(row, 'label') : row['go_presence'] === 'slice' ? 'repeated' : 'optional';
  const head = label === 'map' ? `  ${type} ${name}` : `  ${label} ${type} ${name}`;
  const brackets = [...(row['deprecated'] === 'yes' ? ['deprecated = true'] : []), ...(options === '' ? [] : [`(rhythm.k8s.field) = { ${options} }`])];
  return `${head} = ${ownNumber ?? cell(row, 'number')}${brackets.length === 0 ? '' : ` [${brackets.join(', ')}]`};`;
}

function typeName(type: string): string {
  const map = /^map<string,(.*)>$/.exec(type);
  if (map?.[1] !== undefined) return `map<string, ${typeName(map[1])}>`;
  return type.startsWith('k8s.') ? `.${type}` : type;
}

function fieldFacts(row: Row, json: string, name: string): string {
  const parts: string[] = [];
  const say = (key: string, value: string | undefined): void => {
    if (value !== undefined && value !== '') parts.push(`${key}: ${value}`);
  };
  const quoted = (value: string | undefined): string | undefined => (value === undefined || value === '' ? undefined : JSON.stringify(value));
  const inline = json === '(inline)' && cell(row, 'go_type') !== 'time.Duration';
  const plain = !/^[(-]/.test(json);
  if (plain && json !== name) say('json', quoted(json));
  if (inline) say('inline', 'true');
  if (row['go_presence'] === 'pointer') say('pointer', 'true');
  if (row['omitempty'] === 'always' && plain) say('always', 'true');
  if (row['omitempty']?.includes('omitzero') === true) say('omit_zero', 'true');
  if (plain) say('required', { implicit: 'REQUIRED_IMPLICIT', marker: 'REQUIRED_MARKED' }[cell(row, 'required')]);
  for (const strategy of split(row['patchStrategy'])) say('patch_strategy', quoted(strategy));
  say('merge_key', quoted(row['patchMergeKey']));
  say('list_type', quoted(row['listType']?.replace('(from type)', '')));
  for (const key of split(row['listMapKeys'])) say('list_map_keys', quoted(key));
  say('map_type', quoted(/(?:map|struct)=([a-z]+)/.exec(row['mapType_structType'] ?? '')?.[1]));
  say('default', quoted(defaults.get(`${row['proto_package']}.${row['message']}.${json}`)));
  for (const value of enumValues(row)) say('enum', JSON.stringify(value));
  sayBounds(row['validation'] ?? '', say);
  say('feature_gate', quoted(row['feature_gate']));
  return parts.join(' ');
}

function sayBounds(markers: string, say: (key: string, value: string | undefined) => void): void {
  const of = (pattern: RegExp): string | undefined => pattern.exec(markers)?.[1];
  say('minimum', of(/(?:^|; )(?:k8s|kubebuilder:validation):[mM]inimum=(-?\d+)/));
  say('min_length', of(/(?:^|; )(?:k8s|kubebuilder:validation):[mM]inLength=(\d+)/));
  say('max_length', of(/(?:^|; )(?:k8s|kubebuilder:validation):[mM]axLength=(\d+)/));
  say('max_items', of(/(?:^|; )k8s:maxItems=(\d+)/));
  const pattern = of(/kubebuilder:validation:Pattern=`([^`]*)`/);
  say('pattern', pattern === undefined ? undefined : JSON.stringify(pattern));
  if (/k8s:immutable|k8s:update=NoModify/.test(markers)) say('immutable', 'true');
}

function enumValues(row: Row): string[] {
  const marker = /Enum=([^;` ]+(?:;[A-Za-z]+)*)/.exec(row['validation'] ?? '')?.[1];
  if (marker !== undefined) return marker.split(';');
  const type = cell(row, 'enum');
  if (type === '') return [];
  const dotted = type.lastIndexOf('.');
  const name = type.slice(dotted + 1);
  const home = dotted < 0 ? cell(row, 'proto_package') : type.slice(0, dotted);
  return [...new Set(enums.filter((e) => e['proto_package'] === home && e['type'] === name).map((e) => cell(e, 'value')))].toSorted();
}

function split(text: string | undefined): string[] {
  return text === undefined || text === '' ? [] : text.split(',');
}

function read(file: string): Row[] {
  const [head = '', ...lines] = readFileSync(join(facts, file), 'utf8').split('\n');
  const names = head.split('\t');
  return lines.filter((line) => line !== '').map((line) => {
    const cells = line.split('\t');
    return Object.fromEntries(names.map((name, index) => [name, cells[index] ?? '']));
  });
}

function cell(row: Row, column: string): string {
  return row[column] ?? '';
}

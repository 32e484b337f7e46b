/** TypeScript interfaces in the Kubernetes JSON shape. A field is optional when Go may leave it out. */
import type { Field, Message, ProtoFile } from './k8s-descriptors.ts';

const scalars: Readonly<Record<string, string>> = { string: 'string', bytes: 'string', bool: 'boolean' };
const forms: Readonly<Record<string, string>> = {
  RAW: 'unknown',
  RAW_OBJECT: 'unknown',
  TIME: 'string',
  MICRO_TIME: 'string',
  DURATION: 'string',
  QUANTITY: 'string',
  INT_OR_STRING: 'number | string',
  LIST: 'string[]',
  SCHEMA_OR_ARRAY: 'JSONSchemaProps | JSONSchemaProps[]',
  SCHEMA_OR_BOOL: 'JSONSchemaProps | boolean',
  SCHEMA_OR_STRINGS: 'JSONSchemaProps | string[]',
};

type Messages = ReadonlyMap<string, Message>;

/** The module of one file's types. */
export function interfacesOf(file: ProtoFile, files: readonly ProtoFile[], messages: Messages): string {
  const plain = file.messages.filter((m) => m.form === 'OBJECT').toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const used = new Map<string, Set<string>>();
  const bodies = plain.map((m) => {
    const lines = fieldsOf(m, messages).map((f) => {
      if (f.isMessage) note(used, file, f.type, messages);
      return `  ${quoteKey(f.json)}${isOptional(f, m, messages) ? '?' : ''}: ${typeOf(f, messages)};`;
    });
    if (lines.length === 0) return `export type ${m.name} = Record<string, never>;`;
    if (m.typeMeta) lines.push('  kind?: string;', '  apiVersion?: string;');
    return `export interface ${m.name} {\n${lines.join('\n')}\n}`;
  });
  const imports = [...used].map(([packageName, names]) => {
    const home = files.find((f) => f.packageName === packageName);
    return `import type { ${[...names].toSorted().join(', ')} } from './${home?.module}.ts';`;
  });
  return `// Generated from proto/${file.path}. Do not edit.\n${imports.toSorted().join('\n')}\n\n${bodies.join('\n\n')}\n`;
}

/** The fields as they stand in the JSON object: those of inlined messages in place. */
function fieldsOf(message: Message, messages: Messages): Field[] {
  return message.fields.flatMap((f) => (f.facts.inline === true ? fieldsOf(get(messages, f.type), messages) : [f]));
}

function note(used: Map<string, Set<string>>, file: ProtoFile, type: string, messages: Messages): void {
  const target = get(messages, type);
  if (target.packageName === file.packageName || target.form !== 'OBJECT') return;
  used.set(target.packageName, (used.get(target.packageName) ?? new Set()).add(target.name));
}

function typeOf(field: Field, messages: Messages): string {
  const element = elementType(field, messages);
  if (field.label === 'map') return `Record<string, ${element}>`;
  if (field.label === 'repeated') return element.includes(' ') ? `(${element})[]` : `${element}[]`;
  return element;
}

function elementType(field: Field, messages: Messages): string {
  if (!field.isMessage) return scalars[field.type] ?? 'number';
  const target = get(messages, field.type);
  return forms[target.form] ?? target.name;
}

function isOptional(field: Field, message: Message, messages: Messages): boolean {
  const { always, pointer, omitZero } = field.facts;
  if (always === true) return false;
  if (pointer === true || omitZero === true || field.label !== 'optional' || !field.isMessage) return true;
  const { form } = get(messages, field.type);
  return message.jsonOnly || !['OBJECT', 'RAW', 'RAW_OBJECT'].includes(form);
}

function quoteKey(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : `'${name}'`;
}

function get(messages: Messages, name: string): Message {
  const found = messages.get(name);
  if (found === undefined) throw new Error(`no message ${name}`);
  return found;
}

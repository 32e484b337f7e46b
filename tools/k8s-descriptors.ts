/** proto/k8s as `buf build` describes it, with the options of proto/k8s/rhythm/options.proto resolved. */
import { execFileSync } from 'node:child_process';

export interface FieldFacts {
  readonly json?: string;
  readonly inline?: boolean;
  readonly pointer?: boolean;
  readonly always?: boolean;
  readonly omitZero?: boolean;
  readonly required?: 'REQUIRED_IMPLICIT' | 'REQUIRED_MARKED';
  readonly patchStrategy?: readonly string[];
  readonly mergeKey?: string;
  readonly listType?: string;
  readonly listMapKeys?: readonly string[];
  readonly mapType?: string;
  readonly default?: string;
  readonly enum?: readonly string[];
  readonly minimum?: string;
  readonly maximum?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly maxItems?: number;
  readonly pattern?: string;
  readonly immutable?: boolean;
}

export interface Field {
  readonly name: string;
  readonly json: string;
  readonly number: number;
  readonly label: 'optional' | 'repeated' | 'map';
  /** Protobuf scalar, or the full name of a message. Of a map, its value's. */
  readonly type: string;
  readonly isMessage: boolean;
  readonly facts: FieldFacts;
}

export interface Message {
  readonly packageName: string;
  readonly name: string;
  readonly form: string;
  readonly typeMeta: boolean;
  readonly kind: boolean;
  readonly jsonOnly: boolean;
  /** Of kinds that are stored under a resource. */
  readonly plural: string | undefined;
  readonly namespaced: boolean;
  /** As declared, which is the order of Go's struct. */
  readonly fields: readonly Field[];
}

export interface ProtoFile {
  readonly path: string;
  /** `core-v1`, the module of the file's types. */
  readonly module: string;
  readonly packageName: string;
  /** Undefined in files of helper types. */
  readonly group: string | undefined;
  readonly version: string;
  readonly messages: readonly Message[];
}

interface RawField {
  readonly name: string;
  readonly number: number;
  readonly label: string;
  readonly type: string;
  readonly typeName?: string;
  readonly options?: { readonly '[rhythm.k8s.field]'?: FieldFacts };
}

interface RawMessage {
  readonly name: string;
  readonly field?: readonly RawField[];
  readonly nestedType?: readonly RawMessage[];
  readonly options?: {
    readonly mapEntry?: boolean;
    readonly '[rhythm.k8s.message]'?: { readonly typeMeta?: boolean; readonly kind?: boolean; readonly form?: string; readonly jsonOnly?: boolean; readonly plural?: string; readonly namespaced?: boolean };
  };
}

interface RawFile {
  readonly name: string;
  readonly package?: string;
  readonly messageType?: readonly RawMessage[];
  readonly options?: { readonly '[rhythm.k8s.group]'?: string; readonly '[rhythm.k8s.version]'?: string };
}

/** The files of proto/k8s, in order of path. */
export function readProtoFiles(root: string): ProtoFile[] {
  const json = execFileSync('buf', ['build', '-o', '-#format=json'], { cwd: root, maxBuffer: 1 << 28, encoding: 'utf8' });
  const image = JSON.parse(json) as { readonly file: readonly RawFile[] };
  return image.file
    .filter((f) => f.name.startsWith('k8s/'))
    .map(readFile)
    .toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

function readFile(file: RawFile): ProtoFile {
  const packageName = file.package ?? '';
  return {
    path: file.name,
    module: file.name.slice('k8s/'.length, -'.proto'.length).replace('/', '-'),
    packageName,
    group: file.options?.['[rhythm.k8s.group]'],
    version: file.options?.['[rhythm.k8s.version]'] ?? '',
    messages: packageName === 'rhythm.k8s' ? valueOnly(file) : (file.messageType ?? []).map((m) => readMessage(packageName, m)),
  };
}

/** Of the options file only `Value` is a type of objects. */
function valueOnly(file: RawFile): Message[] {
  return (file.messageType ?? []).filter((m) => m.name === 'Value').map((m) => readMessage('rhythm.k8s', m));
}

function readMessage(packageName: string, raw: RawMessage): Message {
  const facts = raw.options?.['[rhythm.k8s.message]'] ?? {};
  const fields = (raw.field ?? []).map((f) => readField(f, raw, `.${packageName}.${raw.name}`));
  return {
    packageName,
    name: raw.name,
    form: (facts.form ?? 'FORM_OBJECT').slice('FORM_'.length),
    typeMeta: facts.typeMeta === true,
    kind: facts.kind === true,
    jsonOnly: facts.jsonOnly === true,
    plural: facts.plural,
    namespaced: facts.namespaced === true,
    fields,
  };
}

function readField(raw: RawField, parent: RawMessage, parentName: string): Field {
  const entry = (parent.nestedType ?? []).find((n) => n.options?.mapEntry === true && raw.typeName === `${parentName}.${n.name}`);
  const element = entry?.field?.find((f) => f.name === 'value') ?? raw;
  const facts = raw.options?.['[rhythm.k8s.field]'] ?? {};
  const isMessage = element.type === 'TYPE_MESSAGE';
  return {
    name: raw.name,
    json: facts.json ?? raw.name,
    number: raw.number,
    label: entry !== undefined ? 'map' : raw.label === 'LABEL_REPEATED' ? 'repeated' : 'optional',
    type: isMessage ? (element.typeName ?? '').slice(1) : element.type.slice('TYPE_'.length).toLowerCase(),
    isMessage,
    facts,
  };
}

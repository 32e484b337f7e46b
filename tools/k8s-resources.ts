/** Typed handles of the stored resources, for clients. */
import type { Message, ProtoFile } from './k8s-descriptors.ts';

interface Resource {
  readonly file: ProtoFile;
  readonly message: Message;
  readonly plural: string;
  /** Name of the type in the generated module: the kind, or with group and version where two share it. */
  readonly type: string;
  readonly handle: string;
}

/** The module `gen/resources.ts`. Where two groups or versions share a kind, core and the newest version have the short name. */
export function resourcesOf(files: readonly ProtoFile[]): string {
  const all = files
    .flatMap((file) => file.messages.flatMap((message) => (message.plural === undefined ? [] : [{ file, message, plural: message.plural }])))
    .toSorted((a, b) => compare(a.file.group ?? '', b.file.group ?? '') || compare(a.file.version, b.file.version) || compare(a.plural, b.plural));
  const resources = all.map((one): Resource => {
    const { name } = one.message;
    const rivals = all.filter((other) => other.message.name === name);
    const first = rivals.toSorted((a, b) => compare(a.file.group ?? '', b.file.group ?? '') || compare(b.file.version, a.file.version))[0];
    const prefix = first === one ? '' : pascal(one.file.module);
    const handle = prefix === '' ? pluralOf(lowerFirst(name), one.plural) : pluralOf(`${lowerFirst(prefix)}${name}`, one.plural);
    return { ...one, type: `${prefix}${name}`, handle };
  });
  return [
    '// Generated from proto/k8s. Do not edit.',
    '/** A typed handle for each stored built-in resource, for clients. */',
    "import type { TypedResource } from '../resource.ts';",
    ...importsOf(resources),
    '',
    'export const resources = {',
    ...resources.map(({ file, message, plural, type, handle }) => `  ${handle}: { group: '${file.group}', version: '${file.version}', resource: '${plural}', kind: '${message.name}', namespaced: ${message.namespaced} } as TypedResource<${type}>,`),
    '} as const;',
    '',
  ].join('\n');
}

function importsOf(resources: readonly Resource[]): string[] {
  const modules = new Map<string, string[]>();
  for (const { file, message, type } of resources) {
    const names = modules.get(file.module) ?? [];
    names.push(type === message.name ? type : `${message.name} as ${type}`);
    modules.set(file.module, names);
  }
  return [...modules].map(([module, names]) => `import type { ${names.toSorted().join(', ')} } from './types/${module}.ts';`);
}

/** The handle's plural: what the resource's plural adds to its kind. */
function pluralOf(name: string, plural: string): string {
  if (plural.endsWith('ies')) return `${name.slice(0, -1)}ies`;
  if (plural.endsWith(name.toLowerCase().slice(-4))) return name;
  return `${name}${plural.endsWith('sses') ? 'es' : 's'}`;
}

/** `csiDriver` of `CSIDriver`. */
function lowerFirst(name: string): string {
  return name.replace(/^[A-Z]+(?=[A-Z][a-z])|^[A-Z]/, (head) => head.toLowerCase());
}

function pascal(module: string): string {
  return module.split('-').map((part) => part.charAt(0).toUpperCase() + part.slice(1)).join('');
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

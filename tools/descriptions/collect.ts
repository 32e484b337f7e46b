import type { DescriptionFile } from '@rhythm/api';
import type { TypeComments } from './doc-comments.ts';

/** What one types package says; `find` gives the type that stands for an OpenAPI definition. */
export interface CommentSource {
  find(definition: string): TypeComments | undefined;
}

/** Group, version and type of a definition: `io.k8s.api.core.v1.Pod` → core, v1, Pod. */
function partsOf(definition: string): { readonly group: string; readonly version: string; readonly type: string } {
  const [group = '', version = '', type = ''] = definition.split('.').slice(-3);
  return { group, version, type };
}

/**
 * Types by class name, as OpenAPI Generator names them: `V1Pod`, and `CoreV1Event` where groups share a name. `jsonNames` has the
 * members that could not keep theirs (`_default` for `default`).
 */
export function classSource(types: ReadonlyMap<string, TypeComments>, jsonNames: (type: string) => ReadonlyMap<string, string>): CommentSource {
  const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);
  return {
    find(definition) {
      const { group, version, type } = partsOf(definition);
      const name = [`${capital(group)}${capital(version)}${type}`, `${capital(version)}${type}`].find((candidate) => types.has(candidate));
      const found = name === undefined ? undefined : types.get(name);
      if (name === undefined || found === undefined) return undefined;
      const renamed = jsonNames(name);
      return { text: found.text, members: new Map([...found.members].map(([key, text]) => [renamed.get(key) ?? key, text])) };
    },
  };
}

/** Types in a file for each group and version: `core/v1` → types. */
export function fileSource(files: ReadonlyMap<string, ReadonlyMap<string, TypeComments>>): CommentSource {
  return {
    find(definition) {
      const { group, version, type } = partsOf(definition);
      return files.get(`${group}/${version}`)?.get(type);
    },
  };
}

/**
 * A text for every definition and property of ours that a source knows. The first source has the newer words, but says nothing
 * of fields that refer to another type, and has lost its line breaks: where the second says the same, its form is taken.
 */
export function collect(definitions: ReadonlyMap<string, readonly string[]>, first: CommentSource, second: CommentSource): DescriptionFile {
  const file: DescriptionFile = {};
  for (const [definition, properties] of definitions) {
    const [newer, older] = [first.find(definition), second.find(definition)];
    const members: { [property: string]: string } = {};
    for (const property of properties) {
      const text = better(newer?.members.get(property), older?.members.get(property));
      if (text !== '') members[property] = text;
    }
    const text = better(newer?.text, older?.text);
    if (text !== '' || Object.keys(members).length > 0) file[definition] = [text, members];
  }
  return file;
}

function better(newer = '', older = ''): string {
  const flat = (text: string): string => text.replaceAll(/\s+/g, ' ').trim();
  return newer === '' || flat(newer) === flat(older) ? older : newer;
}

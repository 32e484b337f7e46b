import { parseBody } from '@rhythm/api';
import { ConfigFileError, Section } from './section.ts';

/**
 * Reads a configuration file in YAML or JSON of one of the given kinds, strictly. What the parser has to say is left out: it quotes the file, and the file
 * may hold keys. @throws ConfigFileError
 */
export function parseDocument<T>(text: string, kind: string, apiVersions: readonly string[], read: (root: Section, apiVersion: string) => T): T {
  let value: unknown;
  try {
    ({ value } = parseBody(new TextEncoder().encode(text), 'application/yaml'));
  } catch {
    throw new ConfigFileError(['the file is not YAML or JSON']);
  }
  return Section.read(value, (root) => {
    root.oneOf('kind', [kind]);
    return read(root, root.oneOf('apiVersion', apiVersions) ?? '');
  });
}

import type { SchemaNode } from '../schema/node.ts';

/** A parameter of a path, whose place in a document depends on the version. */
export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query';
  readonly type: 'string' | 'boolean' | 'integer';
  readonly description: string;
}

const query = (name: string, description: string, type: Parameter['type'] = 'string'): Parameter => ({ name, in: 'query', type, description });

const dryRun = query('dryRun', 'When present, nothing is stored. The only value is All: every stage of the request is gone through.');
const fieldManager = query('fieldManager', 'Who makes the change: at most 128 printable characters.');
const fieldValidation = query('fieldValidation', 'What happens to unknown and duplicate fields: Ignore drops them in silence, Warn says so in a warning, Strict refuses the request.');

export const writing: readonly Parameter[] = [dryRun, fieldManager, fieldValidation];
export const patching: readonly Parameter[] = [...writing, query('force', 'Takes over fields that other managers own; for apply patches only.', 'boolean')];
export const deleting: readonly Parameter[] = [
  dryRun,
  query('gracePeriodSeconds', 'Seconds before the object is gone; 0 is at once.', 'integer'),
  query('orphanDependents', 'Deprecated: use propagationPolicy.', 'boolean'),
  query('propagationPolicy', 'What happens to dependents: Orphan, Background or Foreground.'),
];
const selecting: readonly Parameter[] = [
  query('continue', 'The token of the page before, for the next one.'),
  query('fieldSelector', 'Restricts the objects by their fields.'),
  query('labelSelector', 'Restricts the objects by their labels.'),
  query('limit', 'The most objects in one answer; the rest by continue.', 'integer'),
  query('resourceVersion', 'How new the answer must be.'),
  query('resourceVersionMatch', 'How resourceVersion is meant: Exact or NotOlderThan.'),
  query('sendInitialEvents', 'A watch that begins with the objects that are there.', 'boolean'),
  query('timeoutSeconds', 'How long the call may last.', 'integer'),
];
export const listing: readonly Parameter[] = [query('allowWatchBookmarks', 'Has a watch send BOOKMARK events.', 'boolean'), ...selecting, query('watch', 'Sends changes as they come, instead of a list.', 'boolean')];
export const deletingMany: readonly Parameter[] = [...deleting, ...selecting];

const pathTexts: Readonly<Record<string, string>> = { name: 'name of the object', namespace: 'namespace of the object' };

/** Those that stand in a path: `{namespace}`, `{name}`. */
export function pathParameters(path: string): Parameter[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => ({ name, in: 'path', type: 'string', description: pathTexts[name] ?? name }));
}

/** The fields of an options kind (PodExecOptions) as parameters of a stream. */
export function optionParameters(options: SchemaNode | undefined): Parameter[] {
  return [...(options?.properties ?? [])].flatMap(([name, { type, items }]) => {
    const scalar = items?.type ?? type;
    return name === 'kind' || name === 'apiVersion' || (scalar !== 'string' && scalar !== 'boolean' && scalar !== 'integer') ? [] : [query(name, `the field ${name} of the options`, scalar)];
  });
}

import type { KubeObject } from '../resource.ts';
import { deepCopy } from '../patch/values.ts';
import { setOwn } from '../schema/own.ts';
import type { SchemaNode } from '../schema/node.ts';
import { compare, taken } from './compare.ts';
import { difference, emptySet, type FieldSet } from './field-set.ts';
import { fieldsOf } from './fields-of.ts';
import type { Writer } from './managed-fields.ts';
import { isMembers } from './value.ts';

const annotation = 'kubectl.kubernetes.io/last-applied-configuration';
/** Longest that all annotations of an object may be together, in characters. */
const annotationMax = 256 * 1024;

/** Whether a writer takes over from kubectl's client-side apply: only its server-side apply does. */
export function followsLastApplied({ manager }: Writer): boolean {
  return manager === 'kubectl';
}

/** What client-side apply set last and has not changed since: kubectl's first server-side apply may take it from itself. */
export function allowedByLastApplied(schema: SchemaNode, configuration: KubeObject, live: KubeObject): FieldSet {
  const text = live.metadata.annotations?.[annotation] ?? '';
  if (text === '') return emptySet;
  let last: unknown;
  try {
    last = JSON.parse(text);
  } catch {
    return emptySet;
  }
  if (typeof last !== 'object' || last === null || (last as KubeObject).apiVersion !== configuration.apiVersion) return emptySet;
  const comparison = compare(schema, last, live);
  return difference(difference(fieldsOf(schema, last), taken(comparison)), comparison.removed);
}

/** Where there is such an annotation it follows what is applied, so that a later client-side apply knows what to remove. */
export function syncLastApplied(object: Record<string, unknown>, configuration: KubeObject): void {
  const metadata = object['metadata'] as KubeObject['metadata'] | undefined;
  if (metadata?.annotations?.[annotation] === undefined || metadata.annotations[annotation] === '') return;
  const copy = deepCopy(configuration);
  if (copy.metadata.annotations !== undefined) delete copy.metadata.annotations[annotation];
  const text = `${JSON.stringify(inOrder(copy))}\n`;
  if (text.length > annotationMax) delete metadata.annotations[annotation];
  else metadata.annotations[annotation] = text;
}

/** The value with the keys of its maps in order, as Go writes them. */
function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder);
  if (!isMembers(value)) return value;
  const out = {};
  for (const name of Object.keys(value).sort()) setOwn(out, name, inOrder(value[name]));
  return out;
}

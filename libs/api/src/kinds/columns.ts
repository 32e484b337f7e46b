import { parseTime } from '@rhythm/base';
import type { Instant } from '@rhythm/base';
import type { KubeObject } from '../resource.ts';
import { humanDuration } from './human-duration.ts';
import type { Column } from './kind.ts';

/** A column that is always shown. */
export function column(name: string, type: Column['type'] = 'string', description = ''): Column {
  return { name, type, format: '', description, priority: 0 };
}

/** A column of wide output. */
export function wide(name: string, type: Column['type'] = 'string', description = ''): Column {
  return { ...column(name, type, description), priority: 1 };
}

export const nameColumn: Column = { name: 'Name', type: 'string', format: 'name', description: 'Name of the object, unique within its namespace', priority: 0 };
export const ageColumn: Column = column('Age', 'string', 'Time since the object was created');
export const createdAtColumn: Column = column('Created At', 'date', 'When the object was created');

/** Columns of kinds that upstream prints no others for. */
export const genericColumns: readonly Column[] = [nameColumn, createdAtColumn];

export function genericCells(object: KubeObject): [string, string] {
  return [object.metadata.name ?? '', object.metadata.creationTimestamp ?? ''];
}

/** The time since creation, as people read it. */
export function age(object: KubeObject, now: Instant): string {
  return since(object.metadata.creationTimestamp, now);
}

/** The time since an RFC 3339 instant; `<unknown>` without one. */
export function since(time: string | undefined | null, now: Instant): string {
  const at = typeof time === 'string' ? parseTime(time) : undefined;
  return at === undefined ? '<unknown>' : humanDuration(now - at);
}

/** `<none>` for what is empty. */
export function orNone(text: string | undefined | null): string {
  return text === undefined || text === null || text === '' ? '<none>' : text;
}

/** Labels as `a=b,c=d` in order of keys; `<none>` without any. */
export function labelsText(labels: Readonly<Record<string, string>> | undefined | null): string {
  const keys = Object.keys(labels ?? {}).sort();
  return keys.length === 0 ? '<none>' : keys.map((key) => `${key}=${labels?.[key] ?? ''}`).join(',');
}

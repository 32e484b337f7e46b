import { ageColumn, age, nameColumn, since, type Cell, type Column, type KubeObject } from '@rhythm/api';
import type { CustomResourceColumnDefinition } from '@rhythm/api/types/apiextensions-v1';
import type { Instant } from '@rhythm/base';
import { jsonPath } from './json-path.ts';

export interface PrinterColumns {
  readonly columns: readonly Column[];
  readonly cells: (object: KubeObject, now: Instant) => Cell[];
}

/** The table of a custom resource: its name, then what the definition names; without that its age. */
export function printerColumns(defined: readonly CustomResourceColumnDefinition[] | undefined): PrinterColumns {
  if (defined === undefined || defined.length === 0) return { columns: [nameColumn, ageColumn], cells: (object, now) => [object.metadata.name ?? '', age(object, now)] };
  const paths = defined.map((column) => ({ type: column.type, path: jsonPath(column.jsonPath) }));
  return {
    columns: [nameColumn, ...defined.map(columnOf)],
    cells: (object, now) => [object.metadata.name ?? '', ...paths.map(({ type, path }) => cellOf(type, path?.(object) ?? [], now))],
  };
}

function columnOf({ name, type, format, description, priority }: CustomResourceColumnDefinition): Column {
  return { name, type: type as Column['type'], format: format ?? '', description: description ?? '', priority: priority ?? 0 };
}

/** An empty cell for what is not there, or not of the column's type. */
function cellOf(type: string, found: readonly unknown[], now: Instant): Cell {
  const [value] = found;
  if (value === undefined) return null;
  switch (type) {
    case 'integer':
      return typeof value === 'number' ? Math.trunc(value) : null;
    case 'number':
      return typeof value === 'number' ? value : null;
    case 'boolean':
      return typeof value === 'boolean' ? value : null;
    case 'date':
      return typeof value === 'string' ? since(value, now) : null;
    default:
      return found.length > 1 ? found.map(textOf).join(',') : textOf(value);
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

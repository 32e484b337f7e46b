import type { StringMap } from './entry.ts';

/** Which objects a list or a watch wants. */
export interface Filter {
  /** Keys begin with this. */
  readonly prefix: string;
  readonly labels?: (labels: StringMap) => boolean;
  readonly fields?: (fields: StringMap) => boolean;
  /** The value that `fields` demands of the indexed field, when it demands one. */
  readonly indexed?: string;
}

export interface Filterable {
  readonly key: string;
  readonly labels: StringMap;
  readonly fields: StringMap;
}

export function wanted(filter: Filter, entry: Filterable): boolean {
  return (
    entry.key.startsWith(filter.prefix) && (filter.labels === undefined || filter.labels(entry.labels)) && (filter.fields === undefined || filter.fields(entry.fields))
  );
}

/** True when every key with the prefix is wanted, so that objects can be counted without looking. */
export function wantsAll(filter: Filter): boolean {
  return filter.labels === undefined && filter.fields === undefined;
}

import type { Cell, KindDefinition, KubeObject } from '@rhythm/api';
import type { Instant } from '@rhythm/base';

export type IncludeObject = 'None' | 'Metadata' | 'Object';

/** A row of a Table; kubectl prints `cells` and keeps `object`. */
export interface TableRow {
  readonly cells: readonly Cell[];
  readonly object: object | null;
}

export function columnDefinitions(kind: KindDefinition): object[] {
  return kind.columns.map(({ name, type, format, description, priority }) => ({ name, type, format, description, priority }));
}

export function tableRow(kind: KindDefinition, object: KubeObject, include: IncludeObject, metaVersion: string, now: Instant): TableRow {
  return { cells: kind.cells(object, now), object: include === 'None' ? null : include === 'Object' ? object : partialOf(object, metaVersion) };
}

/** An object's metadata as an object of its own. */
export function partialOf(object: KubeObject, metaVersion: string): KubeObject {
  return { kind: 'PartialObjectMetadata', apiVersion: `meta.k8s.io/${metaVersion}`, metadata: object.metadata };
}

import type { KubeObject } from '@rhythm/api';

/** The object that an annotation marks as the default; of several the youngest, then the first by name. */
export function markedDefault<T extends KubeObject>(objects: readonly T[], annotations: readonly string[]): T | undefined {
  const marked = objects.filter(({ metadata }) => annotations.some((annotation) => metadata.annotations?.[annotation] === 'true'));
  return marked.sort((a, b) => compare(b.metadata.creationTimestamp ?? '', a.metadata.creationTimestamp ?? '') || compare(a.metadata.name ?? '', b.metadata.name ?? ''))[0];
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

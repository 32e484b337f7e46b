/**
 * Circles of imports between the folders of an app. A folder with all below it is one unit, as is each file that lies in `src` itself; types count as
 * everything else, tests and what only they use do not.
 */
import { dirname, posix } from 'node:path';

export interface ImportingFile {
  /** Below `src`, with slashes. */
  readonly path: string;
  /** As it is written. */
  readonly imports: readonly string[];
}

/** Groups of units that import each other, each in order, none with fewer than two. */
export function importCircles(files: readonly ImportingFile[], isLeftOut: (path: string) => boolean = () => false): string[][] {
  const edges = new Map<string, Set<string>>();
  for (const { path, imports } of files) {
    if (isLeftOut(path)) continue;
    const from = unitOf(path);
    const targets = edges.get(from) ?? new Set();
    edges.set(from, targets);
    for (const specifier of imports) {
      const target = specifier.startsWith('.') ? posix.join(dirname(path), specifier) : '..';
      if (!target.startsWith('..') && unitOf(target) !== from) targets.add(unitOf(target));
    }
  }
  return components(edges);
}

const unitOf = (path: string): string => path.split('/')[0] ?? path;

/** Strongly connected components of more than one node: those that reach each other. The graphs here have some fifty nodes. */
function components(edges: ReadonlyMap<string, ReadonlySet<string>>): string[][] {
  const reached = new Map([...edges.keys()].map((node) => [node, reachedFrom(edges, node)]));
  const found: string[][] = [];
  const seen = new Set<string>();
  for (const node of [...edges.keys()].sort()) {
    if (seen.has(node) || reached.get(node)?.has(node) !== true) continue;
    const circle = [...(reached.get(node) ?? [])].filter((other) => reached.get(other)?.has(node) === true).sort();
    for (const member of circle) seen.add(member);
    found.push(circle);
  }
  return found;
}

function reachedFrom(edges: ReadonlyMap<string, ReadonlySet<string>>, node: string): Set<string> {
  const reached = new Set<string>();
  const open = [...(edges.get(node) ?? [])];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (reached.has(next)) continue;
    reached.add(next);
    open.push(...(edges.get(next) ?? []));
  }
  return reached;
}

import { atomicElements } from '../schema/atomic-elements.ts';
import type { SchemaNode } from '../schema/node.ts';
import { builtInKinds, schemaFor } from '../schema/table.ts';

let found: ReadonlySet<string> | undefined;

/**
 * The messages that are replaced as a whole wherever they are used (LabelSelector, ObjectReference). The table says so at each
 * field of the type, documents say it of the type too.
 */
export function atomicTypes(): ReadonlySet<string> {
  return (found ??= collect());
}

function collect(): ReadonlySet<string> {
  const atomic = new Set<string>(atomicElements);
  const seen = new Set<string>();
  const visit = (node: SchemaNode): void => {
    const { message } = node.proto ?? {};
    if (message !== undefined && node.mapType === 'atomic') atomic.add(message);
    if (message !== undefined && seen.has(message)) return;
    if (message !== undefined) seen.add(message);
    for (const child of [...(node.properties?.values() ?? []), node.items, node.additionalProperties]) if (child !== undefined) visit(child);
  };
  for (const { group, version, kind } of builtInKinds()) {
    const schema = schemaFor(group, version, kind);
    if (schema !== undefined) visit(schema);
  }
  return atomic;
}

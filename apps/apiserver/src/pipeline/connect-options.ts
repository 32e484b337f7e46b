import { schemaFor, type KindDefinition, type KubeObject, type SchemaNode } from '@rhythm/api';
import type { ResourceRequest } from '../ports/types.ts';

/** The object of a connection that admission sees: what the query asks for, as PodExecOptions and the like. Undefined where there is no such kind. */
export function connectOptions(kind: KindDefinition, { subresource, query }: ResourceRequest): KubeObject | undefined {
  const sub = kind.subresources.find(({ name }) => name === subresource);
  const schema = sub === undefined ? undefined : schemaFor(sub.group, sub.version, sub.kind);
  if (sub === undefined || schema === undefined || sub.kind === kind.kind) return undefined;
  const options: Record<string, unknown> = { kind: sub.kind, apiVersion: sub.group === '' ? sub.version : `${sub.group}/${sub.version}` };
  for (const [name, node] of schema.properties ?? []) {
    const values = query?.getAll(name) ?? [];
    if (name !== 'kind' && name !== 'apiVersion' && values.length > 0) options[name] = valueOf(node, values);
  }
  return options as unknown as KubeObject;
}

function valueOf(node: SchemaNode, values: readonly string[]): unknown {
  const [first = ''] = values;
  switch (node.type) {
    case 'array':
      return values.map((value) => (node.items === undefined ? value : valueOf(node.items, [value])));
    case 'boolean':
      return first !== 'false' && first !== '0';
    case 'integer':
      return Number(first);
    default:
      return first;
  }
}

import { joinPath } from '../decode/path.ts';
import { admit } from '../decode/admit.ts';
import type { SchemaNode } from './node.ts';
import { shapeOf } from './shape.ts';
import { objectMetaSchema } from './table.ts';

/**
 * Removes what the schema does not specify, in place, and returns the paths of what went (at most 100). Parts with
 * x-kubernetes-preserve-unknown-fields stay; kind, apiVersion and metadata of the root and of embedded resources are always known.
 * Of a built-in's node everything is read as Go would (`admit`), which throws `MismatchError` on a wrong type. `tidies`: what is read like that
 * is brought into canonical form too (`canonicalise`).
 */
export function pruneUnknown(node: SchemaNode, object: unknown, tidies = false): string[] {
  if (node.proto !== undefined) return admit(shapeOf(node), object, [], tidies).unknown;
  const pruner = new Pruner();
  pruner.value(node, object, true);
  return pruner.removed;
}

const removedMax = 100;

class Pruner {
  readonly removed: string[] = [];
  readonly #path: (string | number)[] = [];

  value(node: SchemaNode, value: unknown, resource: boolean): void {
    if (typeof value !== 'object' || value === null) return;
    if (Array.isArray(value)) {
      const { items } = node;
      if (items !== undefined) value.forEach((item, index) => this.#at(index, () => this.value(items, item, items.embeddedResource === true)));
    } else this.#members(node, value as Record<string, unknown>, resource);
  }

  #members(node: SchemaNode, members: Record<string, unknown>, resource: boolean): void {
    for (const key of Object.keys(members)) {
      const child = node.properties?.get(key) ?? node.additionalProperties;
      if (resource && (key === 'kind' || key === 'apiVersion')) continue;
      if (resource && key === 'metadata') {
        this.#at(key, () => this.#metadata(members[key]));
        continue;
      }
      this.#at(key, () => {
        if (child !== undefined) this.value(child, members[key], child.embeddedResource === true);
        else if (node.preserveUnknownFields !== true) this.#remove(members, key);
      });
    }
  }

  #metadata(metadata: unknown): void {
    const { unknown } = admit(shapeOf(objectMetaSchema()), metadata, this.#path);
    this.removed.push(...unknown.slice(0, removedMax - this.removed.length));
  }

  #remove(members: Record<string, unknown>, key: string): void {
    delete members[key];
    if (this.removed.length < removedMax) this.removed.push(joinPath(this.#path));
  }

  #at(step: string | number, visit: () => void): void {
    this.#path.push(step);
    visit();
    this.#path.pop();
  }
}

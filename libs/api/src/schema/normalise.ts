import type { KubeObject } from '../resource.ts';
import { applyDefaults } from './defaults.ts';
import { canonicalise } from './canonicalise.ts';
import type { SchemaNode } from './node.ts';

/**
 * What happens to every object between decoding and validation, and again when it is read back under a newer schema: the schema's
 * constant defaults, then the kind's own that depend on other fields, then the form Go would write. In place; running it twice
 * changes nothing. `isCanonical`: it is in that form already, but for what a default may yet bring.
 */
export function normalise<T extends KubeObject>(kind: { readonly schema: SchemaNode; setDefaults?(object: KubeObject): void }, object: T, isCanonical = false): T {
  object.metadata ??= {};
  if (!isCanonical) canonicalise(kind.schema, object);
  applyDefaults(kind.schema, object);
  kind.setDefaults?.(object);
  return canonicalise(kind.schema, object);
}

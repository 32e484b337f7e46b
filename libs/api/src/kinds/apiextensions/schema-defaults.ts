import type { JSONSchemaProps } from '../../gen/types/apiextensions-v1.ts';
import { deepCopy } from '../../patch/values.ts';
import { compileCrdSchema, pruneUnknown, validateStructure } from '../../schema/index.ts';
import type { SchemaNode } from '../../schema/index.ts';
import type { FieldError } from '../../status.ts';
import { at, child, forbidden, invalidValue } from '../../validation/field-error.ts';

/** Defaults are such as an object could have: of the right form, and without fields that would be pruned. The schema must be structural. */
export function validateDefaults(schema: JSONSchemaProps, path: string): FieldError[] {
  return schema.default === undefined ? inside(schema, compileCrdSchema(schema), path) : [forbidden(child(path, 'default'), 'must not be set at the root')];
}

function validateDefault(schema: JSONSchemaProps, node: SchemaNode | undefined, path: string): FieldError[] {
  if (node === undefined) return [];
  const errors = inside(schema, node, path);
  if (schema.default === undefined) return errors;
  const field = child(path, 'default');
  const value = deepCopy(schema.default);
  if (pruneUnknown(node, { value: deepCopy(schema.default) }.value).length > 0) errors.push(invalidValue(field, value, 'must be pruned'));
  return [...errors, ...validateStructure(node, value, field)];
}

function inside(schema: JSONSchemaProps, node: SchemaNode, path: string): FieldError[] {
  const errors = Object.entries(schema.properties ?? {}).flatMap(([name, inner]) => {
    const known = name === 'metadata' && node.properties?.get('kind') !== undefined ? undefined : node.properties?.get(name);
    return validateDefault(inner, known, at(child(path, 'properties'), name));
  });
  const { items, additionalProperties } = schema;
  if (items !== undefined && !Array.isArray(items)) errors.push(...validateDefault(items, node.items, child(path, 'items')));
  if (typeof additionalProperties === 'object') errors.push(...validateDefault(additionalProperties, node.additionalProperties, child(path, 'additionalProperties')));
  return errors;
}

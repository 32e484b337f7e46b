import type { JSONSchemaProps } from '../../gen/types/apiextensions-v1.ts';
import type { FieldError } from '../../status.ts';
import { at, child, duplicate, forbidden, invalidValue, notSupported, required } from '../../validation/field-error.ts';

const listType = 'x-kubernetes-list-type';
const mapKeys = 'x-kubernetes-list-map-keys';

/** How lists are merged (KEP-555): as a whole, as sets of scalars, or as maps whose keys every element has. */
export function validateListType(schema: JSONSchemaProps, path: string): FieldError[] {
  const type = schema[listType];
  const keys = schema[mapKeys] ?? [];
  const field = child(path, listType);
  if (type === undefined) return keys.length === 0 ? [] : [required(field, 'must be map if x-kubernetes-list-map-keys is non-empty')];
  const errors: FieldError[] = [];
  if (schema.type !== 'array') {
    const detail = 'must be array if x-kubernetes-list-type is specified';
    errors.push((schema.type ?? '') === '' ? required(child(path, 'type'), detail) : invalidValue(child(path, 'type'), schema.type, detail));
  }
  if (!['atomic', 'set', 'map'].includes(type)) errors.push(notSupported(field, type, ['atomic', 'set', 'map']));
  else if (type !== 'map' && keys.length > 0) errors.push(invalidValue(field, type, 'must be map if x-kubernetes-list-map-keys is non-empty'));
  const items = Array.isArray(schema.items) ? schema.items[0] : schema.items;
  if (type === 'map') return [...errors, ...validateMap(keys, items, path)];
  return type === 'set' && items !== undefined ? [...errors, ...validateSet(items, child(path, 'items'))] : errors;
}

function validateMap(keys: readonly string[], items: JSONSchemaProps | undefined, path: string): FieldError[] {
  const errors = keys.length === 0 ? [required(child(path, mapKeys), 'must not be empty if x-kubernetes-list-type is map')] : [];
  const here = child(path, 'items');
  if (items === undefined) return [...errors, required(here, 'must have a schema if x-kubernetes-list-type is map')];
  if (items.type !== 'object') errors.push(invalidValue(child(here, 'type'), items.type ?? '', "must be object if parent array's x-kubernetes-list-type is map"));
  if (items.nullable === true) errors.push(forbidden(child(here, 'nullable'), 'cannot be nullable when x-kubernetes-list-type is map'));
  const seen = new Set<string>();
  for (const [i, key] of keys.entries()) {
    const field = at(child(path, mapKeys), i);
    const property = items.properties !== undefined && Object.hasOwn(items.properties, key) ? items.properties[key] : undefined;
    if (seen.has(key)) errors.push(duplicate(field, key));
    seen.add(key);
    if (property === undefined) errors.push(invalidValue(field, key, 'entries must all be names of item properties'));
    else errors.push(...validateKey(property, (items.required ?? []).includes(key), at(child(here, 'properties'), key)));
  }
  return errors;
}

/** A key is a scalar that is always there. */
function validateKey(property: JSONSchemaProps, isRequired: boolean, path: string): FieldError[] {
  const errors = property.type === 'object' || property.type === 'array' ? [invalidValue(child(path, 'type'), property.type, "must be a scalar type if parent array's x-kubernetes-list-type is map")] : [];
  if (property.nullable === true) errors.push(forbidden(child(path, 'nullable'), 'this property is in x-kubernetes-list-map-keys, so it cannot be nullable'));
  if (isRequired || property.default !== undefined) return errors;
  return [...errors, required(child(path, 'default'), 'this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property')];
}

function validateSet(items: JSONSchemaProps, path: string): FieldError[] {
  const errors = items.nullable === true ? [forbidden(child(path, 'nullable'), 'cannot be nullable when x-kubernetes-list-type is set')] : [];
  if (items.type === 'object' && items['x-kubernetes-map-type'] !== 'atomic') errors.push(invalidValue(child(path, 'x-kubernetes-map-type'), items['x-kubernetes-map-type'] ?? null, 'must be atomic as item of a list with x-kubernetes-list-type=set'));
  if (items.type === 'array' && items[listType] !== undefined && items[listType] !== 'atomic') errors.push(invalidValue(child(path, listType), items[listType], 'must be atomic as item of a list with x-kubernetes-list-type=set'));
  return errors;
}

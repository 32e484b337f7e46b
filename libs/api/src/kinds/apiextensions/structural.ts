import type { JSONSchemaProps } from '../../gen/types/apiextensions-v1.ts';
import { isPattern } from '../../schema/index.ts';
import type { FieldError } from '../../status.ts';
import { at, child, forbidden, invalidValue, notSupported, required } from '../../validation/field-error.ts';
import { oneOf } from '../../validation/values.ts';
import { validateListType } from './list-types.ts';

/*
 * Which schemas a definition may have: structural ones (KEP-1027 and the rules of apiextensions v1). Every value's type is said once, outside of
 * allOf, anyOf, oneOf and not, which only narrow it down.
 */

/** Refusals end here: a schema is large, and one mistake often repeats. */
const errorsMax = 100;
const types = ['array', 'boolean', 'integer', 'number', 'object', 'string'];
const unsupported = ['id', '$ref', 'definitions', 'dependencies', 'patternProperties', 'additionalItems'] as const;
const extensions = [
  'x-kubernetes-preserve-unknown-fields', 'x-kubernetes-embedded-resource', 'x-kubernetes-int-or-string', 'x-kubernetes-list-type', 'x-kubernetes-list-map-keys', 'x-kubernetes-map-type', 'x-kubernetes-validations',
] as const;

/** What is wrong with the schema of a version. */
export function validateStructural(schema: JSONSchemaProps, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if ((schema.type ?? '') !== '' && schema.type !== 'object') errors.push(invalidValue(child(path, 'type'), schema.type, 'must be object at the root'));
  if (schema.nullable === true) errors.push(forbidden(child(path, 'nullable'), 'nullable cannot be true at the root'));
  new Walk(errors).value(schema, path, 'at the root', true);
  return errors.slice(0, errorsMax);
}

class Walk {
  readonly #errors: FieldError[];

  constructor(errors: FieldError[]) {
    this.#errors = errors;
  }

  /** A schema of a value; `resource`: it has metadata, which is known. */
  value(schema: JSONSchemaProps, path: string, level: string, resource: boolean): void {
    if (this.#errors.length >= errorsMax) return;
    const free = schema['x-kubernetes-int-or-string'] === true || schema['x-kubernetes-preserve-unknown-fields'] === true;
    if ((schema.type ?? '') === '' && !free) this.#errors.push(required(child(path, 'type'), `must not be empty ${level}`));
    this.#common(schema, path);
    this.#errors.push(...validateExtensions(schema, path), ...validateListType(schema, path));
    if (resource || schema['x-kubernetes-embedded-resource'] === true) this.#errors.push(...validateMetadata(schema.properties, path));
    this.#inside(schema, path);
    this.#junctors(schema, path, schema);
  }

  #inside({ properties, items, additionalProperties }: JSONSchemaProps, path: string): void {
    for (const [name, inner] of Object.entries(properties ?? {})) this.value(inner, at(child(path, 'properties'), name), 'for specified object fields', false);
    if (typeof additionalProperties === 'object') this.value(additionalProperties, child(path, 'additionalProperties'), 'for specified object fields', false);
    if (additionalProperties === false) this.#errors.push(forbidden(child(path, 'additionalProperties'), 'additionalProperties cannot be set to false'));
    const both = additionalProperties !== undefined && additionalProperties !== false && Object.keys(properties ?? {}).length > 0;
    if (both) this.#errors.push(forbidden(child(path, 'additionalProperties'), 'additionalProperties and properties are mutual exclusive'));
    if (items !== undefined && !Array.isArray(items)) this.value(items, child(path, 'items'), 'for specified array items', false);
  }

  /** What holds of every schema, of values or of conditions on them. */
  #common(schema: JSONSchemaProps, path: string): void {
    for (const field of unsupported) if (schema[field] !== undefined && schema[field] !== '') this.#errors.push(forbidden(child(path, field), `${field} is not supported`));
    if (Array.isArray(schema.items)) this.#errors.push(forbidden(child(path, 'items'), 'items must be a schema object and not an array'));
    if (schema.uniqueItems === true) this.#errors.push(forbidden(child(path, 'uniqueItems'), 'uniqueItems cannot be set to true since the runtime complexity becomes quadratic'));
    if (schema.type === 'null') this.#errors.push(forbidden(child(path, 'type'), 'type cannot be set to null, use nullable as an alternative'));
    else this.#errors.push(...oneOf(schema.type, child(path, 'type'), types));
    const { pattern = '' } = schema;
    if (pattern !== '' && !isPattern(pattern)) this.#errors.push(invalidValue(child(path, 'pattern'), pattern, "must be a valid regular expression, but isn't"));
  }

  /** Conditions; `whole`: the schema of the value they are on, which must have all that they speak of. */
  #junctors(schema: JSONSchemaProps, path: string, whole: JSONSchemaProps): void {
    for (const junctor of ['allOf', 'anyOf', 'oneOf'] as const) {
      for (const [i, part] of (schema[junctor] ?? []).entries()) this.#condition(part, at(child(path, junctor), i), whole, isIntOrString(whole, junctor));
    }
    if (schema.not !== undefined) this.#condition(schema.not, child(path, 'not'), whole, false);
  }

  #condition(schema: JSONSchemaProps, path: string, whole: JSONSchemaProps | undefined, typed: boolean): void {
    if (this.#errors.length >= errorsMax) return;
    this.#common(schema, path);
    this.#errors.push(...validateNarrowing(schema, path, typed));
    for (const [name, inner] of Object.entries(schema.properties ?? {})) {
      const field = at(child(path, 'properties'), name);
      const known = whole?.properties !== undefined && Object.hasOwn(whole.properties, name) ? whole.properties[name] : undefined;
      if (known === undefined && whole !== undefined) this.#errors.push(required(field.replace(/\.(allOf|anyOf|oneOf)\[\d+\]|\.not(?=\.)/g, ''), `because it is defined in ${field}`));
      this.#condition(inner, field, known, false);
    }
    if (schema.items !== undefined && !Array.isArray(schema.items)) {
      const items = Array.isArray(whole?.items) ? undefined : whole?.items;
      if (items === undefined && whole !== undefined) this.#errors.push(required(child(path, 'items').replace(/\.(allOf|anyOf|oneOf)\[\d+\]|\.not(?=\.)/g, ''), `because it is defined in ${child(path, 'items')}`));
      this.#condition(schema.items, child(path, 'items'), items, false);
    }
    this.#junctors(schema, path, whole ?? schema);
  }
}

/** The one place where conditions may say types: the two of an integer or a string. */
function isIntOrString(schema: JSONSchemaProps, junctor: string): boolean {
  return schema['x-kubernetes-int-or-string'] === true && junctor !== 'oneOf';
}

/** A condition says nothing about what a value is. */
function validateNarrowing(schema: JSONSchemaProps, path: string, typed: boolean): FieldError[] {
  const errors: FieldError[] = [];
  for (const field of ['description', 'type', 'title'] as const) {
    if ((schema[field] ?? '') !== '' && !(typed && field === 'type')) errors.push(forbidden(child(path, field), 'must be empty to be structural'));
  }
  for (const field of ['default', 'additionalProperties'] as const) if (schema[field] !== undefined) errors.push(forbidden(child(path, field), 'must be undefined to be structural'));
  if (schema.nullable === true) errors.push(forbidden(child(path, 'nullable'), 'must be false to be structural'));
  for (const field of extensions) {
    const value = schema[field];
    if (value === undefined || value === false) continue;
    errors.push(forbidden(child(path, field), value === true ? 'must be false to be structural' : typeof value === 'string' ? 'must be undefined to be structural' : 'must be empty to be structural'));
  }
  return errors;
}

function validateExtensions(schema: JSONSchemaProps, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const { type = '', properties } = schema;
  const preserves = schema['x-kubernetes-preserve-unknown-fields'];
  if (preserves === false) errors.push(invalidValue(child(path, 'x-kubernetes-preserve-unknown-fields'), false, 'must be true or undefined'));
  if (schema['x-kubernetes-int-or-string'] === true && type !== '') errors.push(forbidden(child(path, 'type'), 'must be empty if x-kubernetes-int-or-string is true'));
  const mapType = schema['x-kubernetes-map-type'];
  if (mapType !== undefined) {
    if (type !== 'object') errors.push(type === '' ? required(child(path, 'type'), 'must be object if x-kubernetes-map-type is specified') : invalidValue(child(path, 'type'), type, 'must be object if x-kubernetes-map-type is specified'));
    if (mapType !== 'granular' && mapType !== 'atomic') errors.push(notSupported(child(path, 'x-kubernetes-map-type'), mapType, ['atomic', 'granular']));
  }
  if (schema['x-kubernetes-embedded-resource'] !== true) return errors;
  const detail = 'must be object if x-kubernetes-embedded-resource is true';
  if (type !== 'object') errors.push(type === '' ? required(child(path, 'type'), detail) : invalidValue(child(path, 'type'), type, detail));
  const empty = Object.keys(properties ?? {}).length === 0 && preserves !== true;
  return empty ? [...errors, required(child(path, 'properties'), 'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields')] : errors;
}

/** Metadata is what it is everywhere; a schema may only restrict how its objects are named. */
function validateMetadata(properties: JSONSchemaProps['properties'], path: string): FieldError[] {
  const field = at(child(path, 'properties'), 'metadata');
  const schema = properties !== undefined && Object.hasOwn(properties, 'metadata') ? properties['metadata'] : undefined;
  if (schema === undefined) return [];
  const { type, properties: inner, description: _, ...rest } = schema;
  const errors = type === 'object' ? [] : [invalidValue(child(field, 'type'), type ?? '', 'must be object')];
  const other = Object.keys(rest).length > 0 || Object.keys(inner ?? {}).some((name) => name !== 'name' && name !== 'generateName');
  return other ? [...errors, forbidden(field, 'must not specify anything other than name and generateName, but metadata is implicitly specified')] : errors;
}

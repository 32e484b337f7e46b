import type { JSONSchemaProps, ValidationRule } from '../gen/types/apiextensions-v1.ts';
import type { Bounds, CelRule, SchemaNode } from './node.ts';
import { objectMetaSchema } from './table.ts';

/**
 * Compiles the `openAPIV3Schema` of a CustomResourceDefinition's version to the node that built-ins compile to. kind, apiVersion and
 * metadata of the root and of embedded resources are added; restrictions a schema puts on metadata's name and generateName stay out
 * of it and are the caller's. The schema must be structural: that is validated with the CustomResourceDefinition.
 */
export function compileCrdSchema(openApi: JSONSchemaProps): SchemaNode {
  return withTypeMeta(compile(openApi));
}

type Draft = { -readonly [K in keyof SchemaNode]: SchemaNode[K] };

function compile(schema: JSONSchemaProps): SchemaNode {
  const node: Draft = { ...semantics(schema), ...validations(schema) };
  if (schema.properties !== undefined) node.properties = new Map(Object.entries(schema.properties).map(([name, inner]) => [name, compile(inner)]));
  const items = Array.isArray(schema.items) ? schema.items[0] : schema.items;
  if (items !== undefined) node.items = compile(items);
  if (typeof schema.additionalProperties === 'object') node.additionalProperties = compile(schema.additionalProperties);
  else if (schema.additionalProperties === true) node.additionalProperties = anything;
  return Object.freeze(node.embeddedResource === true ? withTypeMeta(node) : node);
}

const anything: SchemaNode = Object.freeze({ preserveUnknownFields: true });
const text: SchemaNode = Object.freeze({ type: 'string' });

function withTypeMeta(node: SchemaNode): SchemaNode {
  const own = [...(node.properties ?? [])].filter(([name]) => !['kind', 'apiVersion', 'metadata'].includes(name));
  const properties = new Map<string, SchemaNode>([['kind', text], ['apiVersion', text], ['metadata', objectMetaSchema()], ...own]);
  return Object.freeze({ ...node, type: 'object', properties });
}

function semantics(schema: JSONSchemaProps): SchemaNode {
  const { type } = schema;
  const listType = schema['x-kubernetes-list-type'];
  const mapType = schema['x-kubernetes-map-type'];
  const listMapKeys = schema['x-kubernetes-list-map-keys'];
  const integer = type === 'integer' && (schema.format === 'int32' || schema.format === 'int64') ? schema.format : undefined;
  const rules = schema['x-kubernetes-validations'];
  return {
    ...(isType(type) ? { type } : {}),
    ...(schema.nullable === true ? { nullable: true } : {}),
    ...(schema['x-kubernetes-int-or-string'] === true ? { intOrString: true } : {}),
    ...(schema['x-kubernetes-preserve-unknown-fields'] === true ? { preserveUnknownFields: true } : {}),
    ...(schema['x-kubernetes-embedded-resource'] === true ? { embeddedResource: true } : {}),
    ...(schema.default === undefined ? {} : { default: schema.default }),
    ...(integer === undefined ? {} : { scalar: integer }),
    ...(isListType(listType) ? { listType } : {}),
    ...(listMapKeys === undefined || listMapKeys.length === 0 ? {} : { listMapKeys }),
    ...(mapType === 'atomic' || mapType === 'granular' ? { mapType } : {}),
    ...(rules === undefined || rules.length === 0 ? {} : { celRules: rules.map(celRule) }),
  };
}

function validations(schema: JSONSchemaProps): SchemaNode {
  const bounds = boundsOf(schema);
  return {
    ...(schema.required === undefined || schema.required.length === 0 ? {} : { required: schema.required }),
    ...(schema.enum === undefined ? {} : { enum: schema.enum }),
    ...(schema.format === undefined || schema.format === '' ? {} : { format: schema.format }),
    ...(bounds === undefined ? {} : { bounds }),
    ...(schema.allOf === undefined ? {} : { allOf: schema.allOf.map(compile) }),
    ...(schema.anyOf === undefined ? {} : { anyOf: schema.anyOf.map(compile) }),
    ...(schema.oneOf === undefined ? {} : { oneOf: schema.oneOf.map(compile) }),
    ...(schema.not === undefined ? {} : { not: compile(schema.not) }),
  };
}

const numericBounds = ['minimum', 'maximum', 'multipleOf', 'minLength', 'maxLength', 'minItems', 'maxItems', 'minProperties', 'maxProperties'] as const;
const flagBounds = ['exclusiveMinimum', 'exclusiveMaximum', 'uniqueItems'] as const;

function boundsOf(schema: JSONSchemaProps): Bounds | undefined {
  const bounds: { -readonly [K in keyof Bounds]: Bounds[K] } = {};
  for (const name of numericBounds) if (schema[name] !== undefined) bounds[name] = schema[name];
  for (const name of flagBounds) if (schema[name] === true) bounds[name] = true;
  if (schema.pattern !== undefined && schema.pattern !== '') bounds.pattern = schema.pattern;
  return Object.keys(bounds).length === 0 ? undefined : bounds;
}

function celRule(rule: ValidationRule): CelRule {
  return {
    rule: rule.rule,
    ...(rule.message === undefined ? {} : { message: rule.message }),
    ...(rule.messageExpression === undefined ? {} : { messageExpression: rule.messageExpression }),
    ...(rule.reason === undefined ? {} : { reason: rule.reason }),
    ...(rule.fieldPath === undefined ? {} : { fieldPath: rule.fieldPath }),
    ...(rule.optionalOldSelf === undefined ? {} : { optionalOldSelf: rule.optionalOldSelf }),
  };
}

function isType(type: string | undefined): type is NonNullable<SchemaNode['type']> {
  return type !== undefined && ['object', 'array', 'string', 'integer', 'number', 'boolean'].includes(type);
}

function isListType(type: string | undefined): type is NonNullable<SchemaNode['listType']> {
  return type === 'atomic' || type === 'set' || type === 'map';
}

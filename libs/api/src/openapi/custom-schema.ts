import type { JSONSchemaProps } from '../gen/types/apiextensions-v1.ts';
import type { KindDefinition } from '../kinds/kind.ts';
import { gvkExtension, type OpenApiSchema, type OpenApiVersion } from './definitions.ts';

const typeMeta: Readonly<Record<string, OpenApiSchema>> = {
  apiVersion: { type: 'string', description: 'APIVersion defines the schema that this object is written in, as GROUP/VERSION.' },
  kind: { type: 'string', description: 'Kind is what this object is, a name in CamelCase; a client cannot change it.' },
};

/** Schemas as OpenAPI has them: `$ref`, `$schema` and what is not for clients stay out. */
type Schema = Record<string, unknown>;

/** The schema of a custom resource as its definition says it, with kind, apiVersion and metadata. `metadata`: a reference to ObjectMeta. */
export function customSchema(kind: KindDefinition, version: OpenApiVersion, metadata: OpenApiSchema): OpenApiSchema {
  const own = kind.custom?.openApi ?? { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  // A client of version 2 that knew some members would refuse all others.
  if (version === 2 && own['x-kubernetes-preserve-unknown-fields'] === true) return { type: 'object', [gvkExtension]: [gvkOf(kind, kind.kind)] };
  const schema = version === 2 ? simplified(own) : { ...(own as Schema) };
  const described = version === 2 ? { ...metadata, description: "Standard object's metadata." } : { allOf: [metadata], description: "Standard object's metadata.", default: {} };
  return {
    ...schema,
    type: 'object',
    properties: { ...typeMeta, ...(schema['properties'] as Schema | undefined), metadata: described },
    [gvkExtension]: [gvkOf(kind, kind.kind)],
  };
}

/** The list of a custom resource. */
export function customListSchema(kind: KindDefinition, version: OpenApiVersion, item: OpenApiSchema, metadata: OpenApiSchema): OpenApiSchema {
  const described = version === 2 ? { ...metadata, description: "Standard list's metadata." } : { allOf: [metadata], description: "Standard list's metadata.", default: {} };
  return {
    type: 'object',
    description: `${kind.listKind} is a list of ${kind.kind}`,
    properties: { ...typeMeta, items: { type: 'array', description: `List of ${kind.plural}.`, items: item }, metadata: described },
    required: ['items'],
    [gvkExtension]: [gvkOf(kind, kind.listKind)],
  };
}

function gvkOf({ group, version }: KindDefinition, kind: string): OpenApiSchema {
  return { group, kind, version };
}

/** What OpenAPI v2, and old clients that validate by it, can take: upstream leaves out the same (apiextensions, ToStructuralOpenAPIV2). */
function simplified(schema: JSONSchemaProps): Schema {
  const { allOf: _allOf, anyOf: _anyOf, oneOf: _oneOf, not: _not, nullable, default: _default, properties, items, additionalProperties, type, ...rest } = schema;
  // A client that knew the type would refuse null, one that knew some fields all others.
  if (nullable === true) return { ...rest };
  if (schema['x-kubernetes-preserve-unknown-fields'] === true) return { ...rest, ...(schema['x-kubernetes-embedded-resource'] === true ? { type: 'object' } : {}) };
  return {
    ...rest,
    ...(type === undefined ? {} : { type }),
    ...(properties === undefined ? {} : { properties: Object.fromEntries(Object.entries(properties).map(([name, inner]) => [name, simplified(inner)])) }),
    ...(items === undefined || Array.isArray(items) ? {} : { items: simplified(items) }),
    ...(typeof additionalProperties === 'object' ? { additionalProperties: simplified(additionalProperties) } : additionalProperties === undefined ? {} : { additionalProperties }),
  };
}

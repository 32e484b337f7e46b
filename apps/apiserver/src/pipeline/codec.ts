import { ApiError, applyDefaults, canonicalise, decodeObject, decodeValue, normalise, parseBody, schemaFor, type Decoded, type FieldValidation, type KindDefinition, type KubeObject, type SchemaNode } from '@rhythm/api';
import type { BodyCodec } from './ports.ts';

type KindName = Pick<KindDefinition, 'group' | 'version' | 'kind'>;

/** The decoder of `@rhythm/api`, with defaults behind it: the schema's constants, then those that depend on other fields. */
export function bodyCodec(registry: { byKind(group: string, version: string, kind: string): KindDefinition | undefined }): BodyCodec {
  const complete = (decoded: Decoded): { object: KubeObject; warnings: readonly string[] } => {
    const object = decoded.object as unknown as KubeObject;
    // One that has none is not canonical.
    const isCanonical = decoded.isCanonical && object.metadata !== undefined;
    object.metadata ??= {};
    const { group, version, kind } = decoded.gvk;
    normalise({ schema: decoded.schema, setDefaults: (made) => registry.byKind(group, version, kind)?.setDefaults?.(made) }, object, isCanonical);
    return { object, warnings: decoded.warnings };
  };
  const resolve = (group: string, version: string, kind: string): SchemaNode | undefined => schemaFor(group, version, kind) ?? registry.byKind(group, version, kind)?.schema;
  return {
    decode: (kind, body, contentType, fieldValidation) => complete(decodeObject(body, contentType, { expected: nameOf(kind), resolve, canonical: true, fieldValidation: validationOf(fieldValidation) })),
    admit: (kind, value, fieldValidation) => complete(decodeValue(value, { expected: nameOf(kind), resolve, canonical: true, fieldValidation: validationOf(fieldValidation) })),
    applyDefaults(kind, object) {
      // It was read as canonical, and admission adds what says something.
      applyDefaults(schemaOf(kind), object);
      kind.setDefaults?.(object);
    },
    canonicalise(kind, object) {
      canonicalise(schemaOf(kind), object);
    },
    parse: (body, contentType) => parseBody(body, contentType).value,
  };
}

/** The schema of a served kind. */
export function schemaOf(kind: KindName & Partial<Pick<KindDefinition, 'schema'>>): SchemaNode {
  const schema = schemaFor(kind.group, kind.version, kind.kind) ?? kind.schema;
  if (schema === undefined) throw new ApiError('InternalError', `${kind.kind} has no schema`);
  return schema;
}

function nameOf(kind: KindName): KindName {
  return { group: kind.group, version: kind.version, kind: kind.kind };
}

function validationOf(text: string): FieldValidation {
  if (text === '' || text === 'Warn') return 'Warn';
  if (text === 'Strict' || text === 'Ignore') return text;
  throw new ApiError('BadRequest', `fieldValidation: Unsupported value: ${JSON.stringify(text.slice(0, 64))}: supported values: "Ignore", "Warn", "Strict"`);
}

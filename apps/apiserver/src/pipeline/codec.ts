import { ApiError, decodeObject, decodeValue, mediaType, parseBody, type Decoded, type FieldValidation, type KindDefinition, type KubeObject } from '@rhythm/api';
import { parseDocument } from 'yaml';
import type { BodyCodec } from './ports.ts';

/** A small YAML document may stand for a huge one; this many uses of anchors are enough for honest ones. */
const yamlAliasesMax = 100;

/** The decoder of `@rhythm/api`, with YAML before it and the kind's defaults behind it. */
export function bodyCodec(registry: { byKind(group: string, version: string, kind: string): KindDefinition | undefined }): BodyCodec {
  const complete = (decoded: Decoded): { object: KubeObject; warnings: readonly string[] } => {
    const object = decoded.object as unknown as KubeObject;
    object.metadata ??= {};
    const { group, version, kind } = decoded.gvk;
    registry.byKind(group, version, kind)?.setDefaults?.(object);
    return { object, warnings: decoded.warnings };
  };
  return {
    decode(kind, body, contentType, fieldValidation) {
      const options = { expected: { group: kind.group, version: kind.version, kind: kind.kind }, fieldValidation: validationOf(fieldValidation) };
      if (isYaml(contentType)) return complete(decodeValue(parseYaml(body), options));
      return complete(decodeObject(body, contentType, options));
    },
    admit(kind, value, fieldValidation) {
      return complete(decodeValue(value, { expected: { group: kind.group, version: kind.version, kind: kind.kind }, fieldValidation: validationOf(fieldValidation) }));
    },
    applyDefaults(kind, object) {
      kind.setDefaults?.(object);
    },
    parse(body, contentType) {
      return isYaml(contentType) ? parseYaml(body) : parseBody(body, contentType).value;
    },
  };
}

function validationOf(text: string): FieldValidation {
  if (text === '' || text === 'Warn') return 'Warn';
  if (text === 'Strict' || text === 'Ignore') return text;
  throw new ApiError('BadRequest', `fieldValidation: Unsupported value: ${JSON.stringify(text.slice(0, 64))}: supported values: "Ignore", "Warn", "Strict"`);
}

function isYaml(contentType: string): boolean {
  const type = mediaType(contentType);
  return type === 'application/yaml' || type === 'application/x-yaml' || type === 'text/yaml';
}

function parseYaml(body: Uint8Array): unknown {
  const document = parseDocument(Buffer.from(body).toString('utf8'), { version: '1.1', uniqueKeys: true, merge: false });
  const [error] = document.errors;
  if (error !== undefined) throw new ApiError('BadRequest', `error converting YAML to JSON: yaml: ${error.message.split('\n')[0] ?? ''}`);
  try {
    // Through JSON: keys such as `__proto__` become plain members, dates and the like their text.
    return JSON.parse(JSON.stringify(document.toJS({ maxAliasCount: yamlAliasesMax, mapAsMap: false }))) as unknown;
  } catch (thrown) {
    throw new ApiError('BadRequest', 'error converting YAML to JSON: too many aliases', { cause: thrown });
  }
}

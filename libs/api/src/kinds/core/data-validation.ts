import type { ConfigMap, Secret } from '../../gen/types/core-v1.ts';
import type { FieldError } from '../../status.ts';
import { at, forbidden, invalidValue, required, tooLong, wholeObject } from '../../validation/field-error.ts';
import { byteLength, checkConfigMapKey } from '../../validation/names.ts';
import { semanticEqual } from '../../validation/semantic-equal.ts';
import { immutable } from '../../validation/values.ts';

/** Most bytes of all values of a ConfigMap or Secret. */
export const dataBytesMax = 1024 * 1024;

/** What is frozen comes first. */
export function validateConfigMap(object: ConfigMap, old?: ConfigMap): FieldError[] {
  const { data = {}, binaryData = {} } = object;
  const errors = old === undefined ? [] : validateFrozen(object, old, ['data', 'binaryData']);
  let bytes = 0;
  for (const [key, value] of Object.entries(data)) {
    errors.push(...checkConfigMapKey(key).map((e) => invalidValue(at('data', key), key, e)));
    if (Object.hasOwn(binaryData, key)) errors.push(invalidValue(at('data', key), key, 'duplicate of key present in binaryData'));
    bytes += byteLength(value);
  }
  for (const [key, value] of Object.entries(binaryData)) {
    errors.push(...checkConfigMapKey(key).map((e) => invalidValue(at('binaryData', key), key, e)));
    bytes += decodedLength(value);
  }
  return bytes > dataBytesMax ? [...errors, tooLong(wholeObject, dataBytesMax)] : errors;
}

/** What may not change comes first. */
export function validateSecret(object: Secret, old?: Secret): FieldError[] {
  const { data = {} } = object;
  const errors = old === undefined ? [] : [...immutable(object.type, old.type, 'type'), ...validateFrozen(object, old, ['data'])];
  let bytes = 0;
  for (const [key, value] of Object.entries(data)) {
    errors.push(...checkConfigMapKey(key).map((e) => invalidValue(at('data', key), key, e)));
    bytes += decodedLength(value);
  }
  if (bytes > dataBytesMax) errors.push(tooLong('data', dataBytesMax));
  return [...errors, ...validateType(object, data)];
}

/** What each well-known type of secret must hold. */
function validateType(object: Secret, data: Readonly<Record<string, string>>): FieldError[] {
  const missing = (...keys: string[]): FieldError[] => keys.filter((key) => !Object.hasOwn(data, key)).map((key) => required(at('data', key)));
  switch (object.type) {
    case 'kubernetes.io/service-account-token': {
      const annotation = 'kubernetes.io/service-account.name';
      return (object.metadata.annotations?.[annotation] ?? '') === '' ? [required(at('metadata.annotations', annotation))] : [];
    }
    case 'kubernetes.io/dockercfg':
      return validateJson(data, '.dockercfg');
    case 'kubernetes.io/dockerconfigjson':
      return validateJson(data, '.dockerconfigjson');
    case 'kubernetes.io/basic-auth': {
      const wrong = missing('username', 'password');
      return wrong.length === 2 ? wrong : [];
    }
    case 'kubernetes.io/ssh-auth':
      return (data['ssh-privatekey'] ?? '') === '' ? [required(at('data', 'ssh-privatekey'))] : [];
    case 'kubernetes.io/tls':
      return missing('tls.crt', 'tls.key');
    default:
      return [];
  }
}

function validateJson(data: Readonly<Record<string, string>>, key: string): FieldError[] {
  const value = Object.hasOwn(data, key) ? data[key] : undefined;
  if (value === undefined) return [required(at('data', key))];
  const wrong = faultOfJson(decodeText(value));
  return wrong === undefined ? [] : [invalidValue(at('data', key), '<secret contents redacted>', wrong)];
}

function decodeText(base64: string): string {
  try {
    return atob(base64);
  } catch {
    return '';
  }
}

/** Why a text is no JSON object (or null), in Go's words as far as they show no more of it than its first character. */
function faultOfJson(text: string): string | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    const [first] = text.trimStart();
    return first === undefined || /[[{"\-0-9tfn]/.test(first) ? 'unexpected end of JSON input' : `invalid character ${first === "'" ? `'\\''` : `'${first}'`} looking for beginning of value`;
  }
  if (parsed === null || (typeof parsed === 'object' && !Array.isArray(parsed))) return undefined;
  const kind = Array.isArray(parsed) ? 'array' : typeof parsed === 'boolean' ? 'bool' : typeof parsed;
  return `json: cannot unmarshal ${kind} into Go value of type map[string]interface {}`;
}

/** Once `immutable` is set it stays, and so does the data. */
function validateFrozen<T extends ConfigMap | Secret>(object: T, old: T, fields: readonly (keyof T & string)[]): FieldError[] {
  if (old.immutable !== true) return [];
  const detail = 'field is immutable when `immutable` is set';
  const errors = object.immutable === true ? [] : [forbidden('immutable', detail)];
  return [...errors, ...fields.filter((field) => !semanticEqual(object[field] ?? {}, old[field] ?? {})).map((field) => forbidden(field, detail))];
}

/** Bytes that a base64 text stands for. */
function decodedLength(text: string): number {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  return Math.floor((text.length * 3) / 4) - padding;
}

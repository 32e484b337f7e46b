import { kindRegistry, type KindDefinition, type KubeObject } from '@rhythm/api';
import { expect, test } from 'vitest';
import { fieldsOfText, textOfFields } from './known-fields.ts';
import { parseSharingFields } from './metadata-place.ts';
import { encodeStored, parseObject, withRevision } from './stored-form.ts';

const kind = kindRegistry.byResource('', 'v1', 'configmaps') as KindDefinition;
const bytesOf = (object: object): Buffer => withRevision(kind, encodeStored(kind, object as KubeObject), 7);
const text = '{"f:data":{".":{},"f:ä€😀\\"":{},"__proto__":{}},"f:metadata":{"f:labels":{}}}';

test('a set is parsed once, cannot be changed, and is written as it was read', () => {
  const fields = fieldsOfText(text) as Record<string, Record<string, object>>;
  expect(JSON.stringify(fields)).toBe(text);
  expect(textOfFields(fields)).toBe(text);
  expect(fieldsOfText(`${text}`)).toBe(fields);
  expect(() => Object.assign(fields['f:data'] ?? {}, { x: 1 })).toThrow(TypeError);
  expect(() => Object.assign(fields['f:data']?.['__proto__'] ?? {}, { x: 1 })).toThrow(TypeError);
});

test('what may still change is written as it is', () => {
  const fields: Record<string, object> = { 'f:a': {} };
  expect(textOfFields(fields)).toBe('{"f:a":{}}');
  fields['f:b'] = {};
  expect(textOfFields(fields)).toBe('{"f:a":{},"f:b":{}}');
  Object.freeze(fields);
  expect(textOfFields(fields)).toBe('{"f:a":{},"f:b":{}}');
});

test('of many sets those are kept that are asked for', () => {
  const kept = fieldsOfText(text);
  const first = fieldsOfText('{"f:first":{}}');
  const long = 'x'.repeat(1000);
  for (let at = 0; at < 2000; at++) {
    fieldsOfText(`{"f:${long}${at}":{}}`);
    expect(fieldsOfText(text)).toBe(kept);
  }
  expect(fieldsOfText('{"f:first":{}}')).not.toBe(first);
  const huge = `{"f:${'x'.repeat(100_000)}":{}}`;
  expect(fieldsOfText(huge)).toEqual(JSON.parse(huge));
  expect(fieldsOfText(huge)).not.toBe(fieldsOfText(huge));
});

const managed = (fieldsV1: unknown, more: object = {}): object => ({ manager: 'kubectl', operation: 'Apply', apiVersion: 'v1', time: '2026-01-01T00:00:00Z', fieldsType: 'FieldsV1', fieldsV1, ...more });

test.each([
  ['nothing', undefined],
  ['an empty list', []],
  ['sets', [managed(JSON.parse(text)), managed({}, { subresource: 'status' }), managed(undefined), {}, { fieldsV1: { 'f:a': {} } }]],
])('an object whose managed fields are %s is what it was when it is stored and read', (_, managedFields) => {
  const object = { kind: 'ConfigMap', apiVersion: 'v1', metadata: { annotations: { fieldsV1: '"fieldsV1":{}' }, managedFields, name: 'a' }, data: { a: 'b' } };
  const bytes = bytesOf(object);
  const plain = JSON.parse(JSON.stringify({ ...object, metadata: { ...object.metadata, resourceVersion: '7' } })) as object;
  expect(parseObject(bytes)).toEqual(plain);
  expect(parseSharingFields(kind, bytes)).toEqual(plain);
});

test('the smallest objects are stored in the form that is read', () => {
  for (const object of [{ metadata: {} }, { metadata: { managedFields: [managed({})] } }, { metadata: {}, data: undefined }]) {
    expect(parseObject(bytesOf(object))).toEqual(JSON.parse(JSON.stringify({ kind: 'ConfigMap', apiVersion: 'v1', ...object, metadata: { ...object.metadata, resourceVersion: '7' } })));
  }
});

test('two objects that are owned alike share what says so', () => {
  const one = bytesOf({ metadata: { name: 'a', managedFields: [managed(JSON.parse(text))] } });
  const other = bytesOf({ metadata: { name: 'b', managedFields: [managed(JSON.parse(text))] } });
  const [a, b] = [one, other].map((bytes) => parseSharingFields(kind, bytes).metadata.managedFields?.[0]?.fieldsV1);
  expect(a).toBe(b);
  expect(Object.isFrozen(a)).toBe(true);
});

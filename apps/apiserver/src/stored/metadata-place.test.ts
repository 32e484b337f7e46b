import { encodeProtobufMessage, kindRegistry, schemaFor, type KindDefinition, type KubeObject } from '@rhythm/api';
import { expect, test } from 'vitest';
import { metadataPlace, parseWithoutFields, putFields } from './metadata-place.ts';
import { encodeStored, parseObject, withRevision } from './stored-form.ts';

const kind = kindRegistry.byResource('', 'v1', 'configmaps') as KindDefinition;
const bytesOf = (object: object): Buffer => withRevision(kind, encodeStored(kind, object as KubeObject), 7);
const place = (bytes: Uint8Array) => metadataPlace(kind, bytes) ?? expect.fail('the form is known');

test('the metadata of an object are found by their place, whatever their texts hold', () => {
  const metadata = { name: 'a', annotations: { braces: '}{"}\\"}', end: '\\', 'a"}': 'ä€😀', fieldsV1: '{"a":{}}' }, labels: {} };
  const bytes = bytesOf({ metadata, data: { x: '}}' } });
  const { from, to, fields } = place(bytes);
  expect(JSON.parse(bytes.subarray(from, to).toString())).toEqual({ resourceVersion: '7', ...metadata });
  expect(fields).toEqual([]);
  expect(metadataPlace(kind, Buffer.from('{"metadata":{}}'))).toBeUndefined();
  expect(metadataPlace(kind, bytes.subarray(0, to - 1))).toBeUndefined();
});

const managed = (fieldsV1: object | undefined): object => ({ manager: 'kubectl', operation: 'Apply', apiVersion: 'v1', time: '2026-01-01T00:00:00Z', fieldsType: 'FieldsV1', ...(fieldsV1 === undefined ? {} : { fieldsV1 }) });
const object = {
  metadata: {
    name: 'a',
    annotations: { fieldsV1: '{}', x: '"fieldsV1":{"a":1}' },
    managedFields: [managed({ 'f:data': { '.': {}, 'k:{"name":"}{"}': { 'f:fieldsV1': {}, fieldsV1: { a: {} } }, 'f:ä€😀\\"': {} } }), managed(undefined), managed({}), managed({ 'f:metadata': { 'f:labels': {} } })],
    labels: { later: 'on' },
  },
  data: { fieldsV1: 'x' },
};

test('managed fields are left out of what is parsed, and taken over as the bytes that they are', () => {
  const bytes = bytesOf(object);
  const where = place(bytes);
  expect(where.fields.map(([from, to]) => JSON.parse(bytes.subarray(from, to).toString()) as unknown)).toEqual([0, 2, 3].map((at) => (object.metadata.managedFields[at] as { fieldsV1: object }).fieldsV1));
  const bare = parseWithoutFields(bytes, where);
  expect(bare).toEqual({ ...parseObject(bytes), metadata: { ...parseObject(bytes).metadata, managedFields: [managed(0 as never), managed(undefined), managed(0 as never), managed(0 as never)] } });
  expect(putFields(bare, bytes, where)).toBe(true);
  const schema = schemaFor('', 'v1', 'ConfigMap') ?? expect.fail('there is a schema');
  expect(Buffer.from(encodeProtobufMessage(schema, bare))).toEqual(Buffer.from(encodeProtobufMessage(schema, parseObject(bytes))));
});

test('fields that stand elsewhere than they were found are noticed', () => {
  const bytes = bytesOf(object);
  const where = place(bytes);
  expect(putFields(parseObject(bytes), bytes, where)).toBe(false);
  expect(putFields(parseWithoutFields(bytes, where), bytes, { ...where, fields: where.fields.slice(1) })).toBe(false);
  expect(putFields(parseWithoutFields(bytes, { ...where, fields: where.fields.slice(1) }), bytes, where)).toBe(false);
});

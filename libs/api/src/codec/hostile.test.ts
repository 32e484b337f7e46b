import { seededRandom } from '@rhythm/base';
import { describe, expect, it } from 'vitest';
import { decodeObject } from '../decode/decode-object.ts';
import { schemaFor } from '../schema/table.ts';
import { shapeOf } from '../schema/shape.ts';
import { ApiError } from '../status.ts';
import { sealEnvelope } from './envelope.ts';
import { decodeProtobuf, encodeProtobuf, protobufContentType } from './protobuf.ts';
import { randomMembers } from './random-object.ts';
import { Reader } from './reader.ts';
import { BackwardWriter } from './writer.ts';

const gvk = { group: '', version: 'v1', kind: 'ConfigMap' };
const pods = { group: '', version: 'v1', kind: 'Pod' };
const decode = (bytes: Uint8Array) => decodeObject(bytes, protobufContentType);

/** A message of one length-delimited field. */
function delimited(number: number, body: Uint8Array): Uint8Array {
  const writer = new BackwardWriter();
  writer.bytes(body);
  writer.varint(body.length);
  writer.varint((number << 3) | 2);
  return writer.finish();
}

describe('hostile protobuf', () => {
  it('is refused with BadRequest and nothing else, wherever it is cut or changed', () => {
    const pod = schemaFor('', 'v1', 'Pod');
    if (pod === undefined) throw new Error('no Pod');
    const random = seededRandom(3);
    const bytes = encodeProtobuf(pods, { kind: 'Pod', apiVersion: 'v1', ...randomMembers(shapeOf(pod), random, 4) });
    const tries = Array.from({ length: 400 }, (_, round) => {
      const changed = bytes.slice(0, round % 2 === 0 ? bytes.length : Math.floor(random.next() * bytes.length));
      for (let flips = 0; flips < 1 + (round % 4); flips++) changed[4 + Math.floor(random.next() * (changed.length - 4))] = Math.floor(random.next() * 256);
      return changed;
    });
    for (const changed of tries) {
      try {
        decode(changed);
      } catch (thrown) {
        if (!(thrown instanceof ApiError)) throw thrown;
        expect(thrown.reason).toBe('BadRequest');
      }
    }
  });

  it('does not reach a prototype through the keys of a map', () => {
    const data = JSON.parse('{"__proto__":"polluted","constructor":"c","10":"z"}') as Record<string, string>;
    const bytes = encodeProtobuf(gvk, { kind: 'ConfigMap', apiVersion: 'v1', metadata: {}, data });
    const decoded = decode(bytes).object['data'] as object;
    expect(new Map(Object.entries(decoded))).toEqual(new Map(Object.entries(data)));
    expect(Object.getPrototypeOf(decoded)).toBe(Object.prototype);
    expect(encodeProtobuf(gvk, { kind: 'ConfigMap', apiVersion: 'v1', metadata: {}, data: decoded })).toEqual(bytes);
  });

  it('does not follow nesting without end', () => {
    let raw: Uint8Array = new Uint8Array();
    for (let level = 0; level < 2000; level++) raw = delimited(1, raw);
    expect(() => new Reader(raw).message()).not.toThrow();
    let schema: Uint8Array = new Uint8Array();
    // JSONSchemaProps.not is field 28 and holds a JSONSchemaProps.
    for (let level = 0; level < 2000; level++) schema = delimited(28, schema);
    const version = delimited(4, delimited(1, schema));
    const crd = sealEnvelope('apiextensions.k8s.io/v1', 'CustomResourceDefinition', delimited(2, delimited(7, version)));
    expect(() => decode(crd)).toThrow('nested deeper');
  });

  it('does not follow envelopes within envelopes without end', () => {
    let bytes = sealEnvelope('v1', 'ConfigMap', new Uint8Array());
    for (let level = 0; level < 1000; level++) bytes = sealEnvelope('apps/v1', 'ControllerRevision', delimited(2, delimited(1, bytes)));
    expect(() => decodeProtobuf(bytes)).toThrow('nested deeper');
  });

  it('refuses integers it would have to round, and envelopes of something else', () => {
    const writer = new BackwardWriter();
    writer.int64(2n ** 60n);
    writer.varint(7 << 3);
    expect(() => decode(sealEnvelope('v1', 'ConfigMap', delimited(1, writer.finish())))).toThrow('cannot be kept exactly');
    expect(() => decode(new TextEncoder().encode('{}'))).toThrow('expected prefix');
    expect(() => decode(sealEnvelope('v1', 'Table', new Uint8Array()))).toThrow('no kind "Table" is registered');
    expect(() => decode(sealEnvelope('example.com/v1', 'Widget', new Uint8Array()))).toThrow('no kind "Widget"');
  });
});

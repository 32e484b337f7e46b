import { kindRegistry, type KindDefinition, type KubeObject } from '@rhythm/api';
import { expect, test } from 'vitest';
import { atRevision, encodeStored, mayBeSame, parseObject, withRevision } from './stored-form.ts';

const configMaps = kindRegistry.byResource('', 'v1', 'configmaps') as KindDefinition;

const object = JSON.parse('{"metadata":{"name":"a","resourceVersion":"7","labels":{"__proto__":"x"}},"data":{"10":"ten","__proto__":"p","constructor":"c"},"kind":"ConfigMap","apiVersion":"v1"}') as KubeObject;

test('a stored value begins with format, kind, apiVersion and metadata, and holds no resourceVersion', () => {
  const text = encodeStored(configMaps, object).toString();
  expect(text.startsWith('\u0001{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name"')).toBe(true);
  expect(text).not.toContain('resourceVersion');
});

test('the revision is spliced in by position and hostile keys survive', () => {
  const read = withRevision(configMaps, encodeStored(configMaps, object), 42);
  const again = parseObject(read) as KubeObject & { data: Record<string, string> };
  expect(again.metadata.resourceVersion).toBe('42');
  expect(Object.keys(again.data).sort()).toEqual(['10', '__proto__', 'constructor']);
  expect(Object.getPrototypeOf(again.data)).toBe(Object.prototype);
  expect(Object.hasOwn(again.metadata.labels ?? {}, '__proto__')).toBe(true);
});

test('metadata without a field still takes a revision', () => {
  const read = withRevision(configMaps, encodeStored(configMaps, { metadata: {} }), 3);
  expect(parseObject(read).metadata).toEqual({ resourceVersion: '3' });
});

test('the same body at another revision differs in nothing else', () => {
  const value = encodeStored(configMaps, object);
  expect(atRevision(configMaps, withRevision(configMaps, value, 9), 9, 12345).equals(withRevision(configMaps, value, 12345))).toBe(true);
});

test('a value in another order of keys is read all the same', () => {
  const foreign = Buffer.from('\u0001{"apiVersion":"v1","data":{"a":"b"},"metadata":{"name":"a"},"kind":"ConfigMap"}');
  expect(parseObject(withRevision(configMaps, foreign, 5))).toEqual({ kind: 'ConfigMap', apiVersion: 'v1', metadata: { resourceVersion: '5', name: 'a' }, data: { a: 'b' } });
});

test('an unknown format is refused', () => {
  expect(() => withRevision(configMaps, Buffer.from('k8s\0'), 1)).toThrow('unknown format');
});

test('the same content in another order of keys may be the same; content of another length or other letters is not', () => {
  const of = (data: object): KubeObject => ({ kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'a', resourceVersion: '12' }, data }) as KubeObject;
  const present = withRevision(configMaps, encodeStored(configMaps, of({ a: '1', b: 'ü' })), 12);
  const may = (data: object): boolean => mayBeSame(encodeStored(configMaps, of(data)), present, 12);
  expect(may({ a: '1', b: 'ü' })).toBe(true);
  expect(may({ b: 'ü', a: '1' })).toBe(true);
  expect(may({ a: '2', b: 'ü' })).toBe(false);
  expect(may({ a: '11', b: 'ü' })).toBe(false);
  expect(may({ a: '1', b: 'ü', c: '' })).toBe(false);
});

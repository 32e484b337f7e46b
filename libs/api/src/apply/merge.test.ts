import { expect, test } from 'vitest';
import { merge } from './merge.ts';
import { removeFields, withNamedFields } from './remove.ts';
import { testSchema } from './testing.ts';

const named = (...names: string[]): object[] => names.map((name) => ({ name }));

test.each<[string, object, object, object]>([
  ['scalars', { text: 'a', count: 1 }, { text: 'b' }, { text: 'b', count: 1 }],
  ['structs and maps by member', { struct: { a: '1', b: '1' }, map: { x: '1' } }, { struct: { a: '2' }, map: { y: '2' } }, { struct: { a: '2', b: '1' }, map: { x: '1', y: '2' } }],
  ['atomic maps and lists as a whole', { atomicMap: { x: '1' }, list: ['a'] }, { atomicMap: { y: '2' }, list: ['b'] }, { atomicMap: { y: '2' }, list: ['b'] }],
  ['items by key', { items: [{ name: 'a', value: '1' }, { name: 'b' }] }, { items: [{ name: 'a', ports: [{ port: 1 }] }] }, { items: [{ name: 'a', value: '1', ports: [{ port: 1 }] }, { name: 'b' }] }],
  ['ports by both keys', { items: [{ name: 'a', ports: [{ port: 1, protocol: 'TCP' }] }] }, { items: [{ name: 'a', ports: [{ port: 1, protocol: 'UDP' }, { port: 1, label: 'l' }] }] }, { items: [{ name: 'a', ports: [{ port: 1, protocol: 'UDP' }, { port: 1, protocol: 'TCP', label: 'l' }] }] }],
  ['in the order of the configuration', { items: named('a', 'b', 'c') }, { items: named('c', 'b', 'a') }, { items: named('c', 'b', 'a') }],
  ['others keep their place', { items: named('x', 'a', 'y', 'b', 'z') }, { items: named('a', 'n', 'b') }, { items: named('x', 'a', 'y', 'n', 'b', 'z') }],
  ['sets', { set: ['a', 'b'] }, { set: ['c', 'b'] }, { set: ['a', 'c', 'b'] }],
  ['a null takes away a scalar, and nothing from a map', { text: 'a', map: { x: '1' } }, { text: null, map: null }, { text: null, map: { x: '1' } }],
  ['another type where any may be', { any: { x: [1] } }, { any: { x: { y: 1 } } }, { any: { x: { y: 1 } } }],
  ['duplicates that were there are replaced', { items: [{ name: 'a', value: '1' }, { name: 'a', value: '2' }] }, { items: [{ name: 'a' }] }, { items: [{ name: 'a' }] }],
])('merges %s', (_what, live, applied, expected) => {
  const before = JSON.stringify(live);
  expect(merge(testSchema, live, applied)).toEqual(expected);
  expect(JSON.stringify(live)).toBe(before);
});

test('merges keys with the names of prototypes', () => {
  const merged = merge(testSchema, JSON.parse('{"map":{"__proto__":"1"}}') as object, JSON.parse('{"map":{"constructor":"2"}}') as object);
  expect(JSON.stringify(merged)).toBe('{"map":{"__proto__":"1","constructor":"2"}}');
});

test.each<[string, object, object, object]>([
  ['a scalar, and the struct with it when nothing is left', { struct: { inner: { c: '1' } }, text: 'x' }, { 'f:struct': { 'f:inner': { 'f:c': {} } } }, { text: 'x' }],
  ['an item', { items: named('a', 'b') }, { 'f:items': { 'k:{"name":"a"}': {} } }, { items: named('b') }],
  ['a field of an item', { items: [{ name: 'a', value: '1' }] }, { 'f:items': { 'k:{"name":"a"}': { 'f:value': {} } } }, { items: named('a') }],
  ['an item of a set', { set: ['a', 'b'] }, { 'f:set': { 'v:"a"': {} } }, { set: ['b'] }],
  ['nothing that is not there', { text: 'x' }, { 'f:map': { 'f:y': {} }, 'f:nothing': {} }, { text: 'x' }],
])('removes %s', (_what, object, set, expected) => {
  expect(removeFields(testSchema, object, set as never)).toEqual(expected);
});

test('structs count as named, maps and items do not', () => {
  expect(withNamedFields(testSchema, { 'f:struct': { 'f:inner': { 'f:c': {} } }, 'f:any': { 'f:x': { 'f:y': {} } }, 'f:items': { 'k:{"name":"a"}': { 'f:ports': { 'k:{"port":1,"protocol":"TCP"}': { 'f:label': {} } } } } })).toEqual({
    'f:struct': { '.': {}, 'f:inner': { '.': {}, 'f:c': {} } },
    'f:any': { '.': {}, 'f:x': { 'f:y': {} } },
    'f:items': { '.': {}, 'k:{"name":"a"}': { 'f:ports': { '.': {}, 'k:{"port":1,"protocol":"TCP"}': { 'f:label': {} } } } },
  });
});

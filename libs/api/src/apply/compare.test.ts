import { describe, expect, test } from 'vitest';
import { compare } from './compare.ts';
import { fieldsOf } from './fields-of.ts';
import { testSchema } from './testing.ts';

describe('the fields a configuration names', () => {
  test.each<[string, object, object]>([
    ['scalars', { text: 'x', count: 1 }, { 'f:text': {}, 'f:count': {} }],
    ['structs by what they hold', { struct: { a: 'x', inner: { c: 'y' } } }, { 'f:struct': { 'f:a': {}, 'f:inner': { 'f:c': {} } } }],
    ['an empty struct itself', { struct: {} }, { 'f:struct': {} }],
    ['keys of maps', { map: { x: '1', constructor: '2' } }, { 'f:map': { 'f:x': {}, 'f:constructor': {} } }],
    ['an atomic map as a whole', { atomicMap: { x: '1' } }, { 'f:atomicMap': {} }],
    ['an atomic list as a whole, empty too', { list: [] }, { 'f:list': {} }],
    ['items of sets', { set: ['x', 'y'] }, { 'f:set': { 'v:"x"': {}, 'v:"y"': {} } }],
    ['no empty set or list of items', { set: [], items: [] }, {}],
    ['items by their keys, and what they hold', { items: [{ name: 'x', value: 'v' }] }, { 'f:items': { 'k:{"name":"x"}': { '.': {}, 'f:name': {}, 'f:value': {} } } }],
    ['a key that is left out has its default', { items: [{ name: 'x', ports: [{ port: 1 }] }] }, { 'f:items': { 'k:{"name":"x"}': { '.': {}, 'f:name': {}, 'f:ports': { 'k:{"port":1,"protocol":"TCP"}': { '.': {}, 'f:port': {} } } } } }],
    ['nulls', { text: null, struct: null, items: null }, { 'f:text': {}, 'f:struct': {}, 'f:items': {} }],
    ['what has no schema: maps by key, lists as a whole', { any: { x: { y: [1] }, z: 1 } }, { 'f:any': { 'f:x': { '.': {}, 'f:y': { } }, 'f:z': {} } }],
    ['duplicates without what they hold', { items: [{ name: 'x', value: '1' }, { name: 'x', value: '2' }] }, { 'f:items': { 'k:{"name":"x"}': {} } }],
  ])('%s', (_what, object, fields) => {
    expect(fieldsOf(testSchema, object)).toEqual(fields);
  });
});

describe('two objects', () => {
  test.each<[string, object, object, { added?: object; modified?: object; removed?: object }]>([
    ['the same', { text: 'x', items: [{ name: 'a' }] }, { text: 'x', items: [{ name: 'a' }] }, {}],
    ['a changed scalar', { text: 'x' }, { text: 'y' }, { modified: { 'f:text': {} } }],
    ['one that came and one that went', { text: 'x' }, { count: 1 }, { added: { 'f:count': {} }, removed: { 'f:text': {} } }],
    ['a struct that came, with all in it', {}, { struct: { inner: { c: 'x' } } }, { added: { 'f:struct': { '.': {}, 'f:inner': { '.': {}, 'f:c': {} } } } }],
    ['a map that was empty', { map: {} }, { map: { x: '1' } }, { added: { 'f:map': { 'f:x': {} } } }],
    ['null and a map', { map: null }, { map: { x: '1' } }, { added: { 'f:map': { 'f:x': {} } } }],
    ['the order of items', { items: [{ name: 'a' }, { name: 'b' }] }, { items: [{ name: 'b' }, { name: 'a' }] }, {}],
    ['the order of an atomic list', { list: ['a', 'b'] }, { list: ['b', 'a'] }, { modified: { 'f:list': {} } }],
    ['an item that changed', { items: [{ name: 'a', value: '1' }, { name: 'b' }] }, { items: [{ name: 'b' }, { name: 'a', value: '2' }] }, { modified: { 'f:items': { 'k:{"name":"a"}': { 'f:value': {} } } } }],
    ['an item that went', { items: [{ name: 'a', value: '1' }] }, { items: [] }, { removed: { 'f:items': { 'k:{"name":"a"}': { '.': {}, 'f:name': {}, 'f:value': {} } } } }],
    ['a default that is spelled out', { items: [{ name: 'a', ports: [{ port: 1 }] }] }, { items: [{ name: 'a', ports: [{ port: 1, protocol: 'TCP' }] }] }, { added: { 'f:items': { 'k:{"name":"a"}': { 'f:ports': { 'k:{"port":1,"protocol":"TCP"}': { 'f:protocol': {} } } } } } }],
    ['a set', { set: ['a', 'b'] }, { set: ['b', 'c'] }, { added: { 'f:set': { 'v:"c"': {} } }, removed: { 'f:set': { 'v:"a"': {} } } }],
    ['another type where any may be', { any: { x: { y: 1 } } }, { any: { x: 5 } }, { added: { 'f:any': { 'f:x': {} } }, modified: { 'f:any': { 'f:x': {} } }, removed: { 'f:any': { 'f:x': { '.': {}, 'f:y': {} } } } }],
    ['an item that becomes two of a name', { items: [{ name: 'a', value: '1' }] }, { items: [{ name: 'a' }, { name: 'a' }] }, { added: { 'f:items': { 'k:{"name":"a"}': {} } }, removed: { 'f:items': { 'k:{"name":"a"}': { '.': {}, 'f:name': {}, 'f:value': {} } } } }],
    ['a key with the name of a prototype', JSON.parse('{"map":{"__proto__":"1"}}') as object, { map: {} }, { removed: { 'f:map': { 'f:__proto__': {} } } }],
  ])('%s', (_what, before, after, expected) => {
    expect(compare(testSchema, before, after)).toEqual({ added: {}, modified: {}, removed: {}, ...expected });
  });

  test('members to skip are not looked at', () => {
    expect(compare(testSchema, { text: 'a', count: 1 }, { text: 'b', count: 2 }, (name) => name === 'text')).toEqual({ added: {}, modified: { 'f:count': {} }, removed: {} });
  });
});

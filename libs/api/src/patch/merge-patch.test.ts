import { describe, expect, test } from 'vitest';
import type { SchemaNode } from '../schema/node.ts';
import { applyPatch, patchTypeOf } from './apply-patch.ts';
import { applyMergePatch } from './merge-patch.ts';

const any: SchemaNode = { type: 'object' };

/** The table of RFC 7386, appendix A. */
test.each([
  [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
  [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
  [{ a: 'b' }, { a: null }, {}],
  [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
  [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
  [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
  [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
  [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
  [['a', 'b'], ['c', 'd'], ['c', 'd']],
  [{ a: 'b' }, ['c'], ['c']],
  [{ a: 'foo' }, null, null],
  [{ a: 'foo' }, 'bar', 'bar'],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [[1, 2], { a: 'b', c: null }, { a: 'b' }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
])('RFC 7386: %j and %j', (target, patch, result) => expect(applyMergePatch(target, patch)).toEqual(result));

describe('applyPatch', () => {
  test('knows the content types', () => {
    expect(patchTypeOf('application/merge-patch+json; charset=utf-8')).toBe('merge');
    expect(patchTypeOf('application/json')).toBeUndefined();
  });

  test('shares nothing with what it is given', () => {
    const current = { a: { b: [1] } };
    const patch = { c: { d: [2] } };
    const result = applyPatch('merge', any, current, patch) as { a: { b: number[] }; c: { d: number[] } };
    result.a.b.push(9);
    result.c.d.push(9);
    expect([current, patch]).toEqual([{ a: { b: [1] } }, { c: { d: [2] } }]);
  });

  test('refuses patches that are no object, and results that are none', () => {
    expect(() => applyPatch('merge', any, {}, [])).toThrow('not a JSON object');
    expect(() => applyPatch('strategic', any, {}, null)).toThrow('not a JSON object');
    expect(() => applyPatch('json', any, {}, [{ op: 'replace', path: '', value: 1 }])).toThrow('the server rejected our request');
  });

  test.each(['merge', 'strategic'] as const)('%s: __proto__ and constructor are keys like others', (type) => {
    const patch = JSON.parse('{"data":{"__proto__":{"polluted":"1"},"constructor":"c","10":"x"}}') as object;
    const result = applyPatch(type, any, { data: { a: 'b' } }, patch) as { data: object };
    expect(Object.keys(result.data).sort()).toEqual(['10', '__proto__', 'a', 'constructor']);
    expect(Object.getPrototypeOf(result.data)).toBe(Object.prototype);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});

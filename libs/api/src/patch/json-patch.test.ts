import { describe, expect, test } from 'vitest';
import { hasReason } from '../status.ts';
import { applyJsonPatch, jsonPatchOperationsMax } from './json-patch.ts';

const pod = { metadata: { name: 'a', labels: { 'x/y': '1', 'm~n': '2' } }, spec: { list: ['a', 'b', 'c'] } };

function refusal(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

describe('operations (RFC 6902)', () => {
  test.each([
    ['add sets a key', [{ op: 'add', path: '/metadata/name', value: 'b' }], { metadata: { ...pod.metadata, name: 'b' }, spec: pod.spec }],
    ['add inserts', [{ op: 'add', path: '/spec/list/1', value: 'x' }], { ...pod, spec: { list: ['a', 'x', 'b', 'c'] } }],
    ['add appends', [{ op: 'add', path: '/spec/list/-', value: 'x' }], { ...pod, spec: { list: ['a', 'b', 'c', 'x'] } }],
    ['remove by index from the end', [{ op: 'remove', path: '/spec/list/-1' }], { ...pod, spec: { list: ['a', 'b'] } }],
    ['escapes in pointers', [{ op: 'remove', path: '/metadata/labels/x~1y' }, { op: 'replace', path: '/metadata/labels/m~0n', value: '3' }], { metadata: { name: 'a', labels: { 'm~n': '3' } }, spec: pod.spec }],
    ['move', [{ op: 'move', from: '/spec/list/0', path: '/spec/list/2' }], { ...pod, spec: { list: ['b', 'c', 'a'] } }],
    ['copy', [{ op: 'copy', from: '/metadata/name', path: '/spec/name' }], { ...pod, spec: { ...pod.spec, name: 'a' } }],
    ['test does not care for the order of keys', [{ op: 'test', path: '/metadata/labels', value: { 'm~n': '2', 'x/y': '1' } }], pod],
    ['test for null holds where nothing is', [{ op: 'test', path: '/metadata/uid', value: null }], pod],
    ['the whole document', [{ op: 'replace', path: '', value: { a: 1 } }], { a: 1 }],
  ])('%s', (_, patch, expected) => expect(applyJsonPatch(pod, patch)).toEqual(expected));

  test.each([
    ['a list', {}, 'BadRequest'],
    ['operations', [1], 'BadRequest'],
    ['a path', [{ op: 'add', value: 1 }], 'Invalid'],
    ['a pointer', [{ op: 'add', path: 'a', value: 1 }], 'BadRequest'],
    ['a known operation', [{ op: 'merge', path: '/a', value: 1 }], 'Invalid'],
    ['a value', [{ op: 'add', path: '/a' }], 'Invalid'],
    ['an existing parent', [{ op: 'add', path: '/a/b', value: 1 }], 'Invalid'],
    ['an existing key to replace', [{ op: 'replace', path: '/a', value: 1 }], 'Invalid'],
    ['an existing key to remove', [{ op: 'remove', path: '/a' }], 'Invalid'],
    ['an index in range', [{ op: 'remove', path: '/spec/list/3' }], 'Invalid'],
    ['an index without leading zeros', [{ op: 'remove', path: '/spec/list/01' }], 'Invalid'],
    ['a test that holds', [{ op: 'test', path: '/metadata/name', value: 'b' }], 'Invalid'],
    ['no move into itself', [{ op: 'move', from: '/spec', path: '/spec/list' }], 'Invalid'],
  ] as const)('needs %s', (_, patch, reason) => expect(hasReason(refusal(() => applyJsonPatch(pod, patch)), reason)).toBe(true));

  test('is atomic and names what failed', () => {
    const before = structuredClone(pod);
    const error = refusal(() => applyJsonPatch(pod, [{ op: 'replace', path: '/metadata/name', value: 'b' }, { op: 'test', path: '/spec/list/0', value: 'z' }]));
    expect(error).toMatchObject({
      code: 422,
      message: 'the server rejected our request due to an error in our request',
      details: { causes: [{ field: '/spec/list/0', message: 'testing value /spec/list/0 failed' }] },
    });
    expect(pod).toEqual(before);
  });
});

describe('hostile patches', () => {
  test('too many operations are 413', () => {
    const patch = Array.from({ length: jsonPatchOperationsMax + 1 }, () => ({ op: 'test', path: '/a', value: null }));
    expect(refusal(() => applyJsonPatch({}, patch))).toMatchObject({ code: 413, message: 'The allowed maximum operations in a JSON patch is 10000, got 10001' });
  });

  test('copies that double the document are 413', () => {
    const patch = Array.from({ length: 60 }, (_, i) => ({ op: 'copy', from: '/a', path: `/a/k${i}` }));
    expect(hasReason(refusal(() => applyJsonPatch({ a: { text: 'x'.repeat(1000) } }, patch)), 'RequestEntityTooLarge')).toBe(true);
  });

  test('moves that nest ever deeper are 413', () => {
    const patch = Array.from({ length: 600 }, () => [{ op: 'add', path: '/b', value: {} }, { op: 'move', from: '/a', path: '/b/c' }, { op: 'move', from: '/b', path: '/a' }]).flat();
    expect(hasReason(refusal(() => applyJsonPatch({ a: {} }, patch)), 'RequestEntityTooLarge')).toBe(true);
  });

  test('prototypes are out of reach', () => {
    const result = applyJsonPatch({}, [{ op: 'add', path: '/__proto__', value: { polluted: 1 } }]) as object;
    expect(Object.getPrototypeOf(result)).toBe(Object.prototype);
    expect(Object.hasOwn(result, '__proto__')).toBe(true);
    for (const path of ['/__proto__/polluted', '/constructor/prototype/polluted', '/toString/x']) {
      expect(hasReason(refusal(() => applyJsonPatch({}, [{ op: 'add', path, value: 1 }])), 'Invalid')).toBe(true);
    }
    expect(refusal(() => applyJsonPatch({}, [{ op: 'copy', from: '/constructor', path: '/x' }]))).toMatchObject({ code: 422 });
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});

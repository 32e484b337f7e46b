import { describe, expect, test } from 'vitest';
import type { SchemaNode } from '../schema/node.ts';
import { applyPatch } from './apply-patch.ts';

const text: SchemaNode = { type: 'string' };

function object(properties: Record<string, SchemaNode>, more: Partial<SchemaNode> = {}): SchemaNode {
  return { type: 'object', properties: new Map(Object.entries(properties)), ...more };
}

function list(items: SchemaNode, more: Partial<SchemaNode> = {}): SchemaNode {
  return { type: 'array', items, ...more };
}

const env = list(object({ name: text, value: text }), { patchStrategy: ['merge'], patchMergeKey: 'name' });
const containers = list(object({ name: text, image: text, env, command: list(text) }), { patchStrategy: ['merge'], patchMergeKey: 'name' });
const node = object({
  metadata: object({ labels: { type: 'object', additionalProperties: text }, finalizers: list(text, { patchStrategy: ['merge'] }) }),
  spec: object({
    containers,
    tolerations: list(object({ key: text })),
    strategy: object({ type: text, rollingUpdate: object({ maxSurge: text }) }, { patchStrategy: ['retainKeys'] }),
    selector: object({}, { patchStrategy: ['replace'] }),
  }),
});

const current = {
  metadata: { labels: { a: '1', b: '2' }, finalizers: ['x', 'y'] },
  spec: {
    containers: [
      { name: 'one', image: 'i:1', env: [{ name: 'A', value: '1' }], command: ['a', 'b'] },
      { name: 'two', image: 'i:2' },
    ],
    tolerations: [{ key: 'k' }],
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '1' } },
    selector: { app: 'a' },
  },
};

function patched(patch: object): typeof current {
  return applyPatch('strategic', node, current, patch) as typeof current;
}

describe('lists', () => {
  test('merge by key; what is new comes first, as upstream places it', () => {
    const result = patched({ spec: { containers: [{ name: 'two', image: 'i:3' }, { name: 'three', image: 'n' }] } });
    expect(result.spec.containers.map((c) => `${c.name}=${c.image}`)).toEqual(['one=i:1', 'two=i:3', 'three=n']);
    expect(patched({ spec: { containers: [{ name: 'zero' }] } }).spec.containers.map((c) => c.name)).toEqual(['zero', 'one', 'two']);
  });

  test('merge inside elements too', () => {
    const result = patched({ spec: { containers: [{ name: 'one', env: [{ name: 'B', value: '2' }, { name: 'A', value: null }] }] } });
    expect(result.spec.containers[0]?.env).toEqual([{ name: 'B', value: '2' }, { name: 'A' }]);
  });

  test('without a strategy are replaced', () => {
    expect(patched({ spec: { tolerations: [{ key: 'n' }], containers: [{ name: 'one', command: ['c'] }] } }).spec).toMatchObject({
      tolerations: [{ key: 'n' }],
      containers: [{ command: ['c'] }, {}],
    });
  });

  test('$patch: delete removes an element, or nothing', () => {
    expect(patched({ spec: { containers: [{ name: 'one', $patch: 'delete' }, { name: 'gone', $patch: 'delete' }] } }).spec.containers.map((c) => c.name)).toEqual(['two']);
    const fresh = patched({ spec: { containers: [{ name: 'two', env: [{ name: 'A', $patch: 'delete' }, { name: 'B', value: '1' }] }] } });
    expect(fresh.spec.containers[1]?.env).toEqual([{ name: 'B', value: '1' }]);
  });

  test('$patch: replace in a list replaces it', () => {
    expect(patched({ spec: { containers: [{ name: 'n' }, { $patch: 'replace' }] } }).spec.containers).toEqual([{ name: 'n' }]);
  });

  test('$setElementOrder orders, and keeps what only the server has in place', () => {
    const result = patched({ spec: { '$setElementOrder/containers': [{ name: 'three' }, { name: 'one' }], containers: [{ name: 'three', image: 'n' }] } });
    expect(result.spec.containers.map((c) => c.name)).toEqual(['three', 'one', 'two']);
    expect(patched({ spec: { '$setElementOrder/containers': [{ name: 'two' }, { name: 'one' }] } }).spec.containers.map((c) => c.name)).toEqual(['two', 'one']);
    expect(() => patched({ spec: { '$setElementOrder/containers': [{ name: 'one' }], containers: [{ name: 'three' }] } })).toThrow("doesn't match $setElementOrder");
  });

  test('of scalars merge as sets; $deleteFromPrimitiveList takes out', () => {
    expect(patched({ metadata: { finalizers: ['z', 'x'] } }).metadata.finalizers).toEqual(['z', 'x', 'y']);
    expect(patched({ metadata: { '$deleteFromPrimitiveList/finalizers': ['x'], '$setElementOrder/finalizers': ['y'] } }).metadata.finalizers).toEqual(['y']);
  });

  test('need their merge key', () => {
    expect(() => patched({ spec: { containers: [{ image: 'x' }] } })).toThrow('the server rejected our request');
    expect(() => patched({ spec: { containers: ['x'] } })).toThrow('the server rejected our request');
  });
});

describe('objects', () => {
  test('null removes', () => {
    expect(patched({ metadata: { labels: { a: null, c: '3' } } }).metadata.labels).toEqual({ b: '2', c: '3' });
    expect(patched({ metadata: { labels: null } }).metadata.labels).toBeUndefined();
  });

  test('$retainKeys removes what it does not name', () => {
    expect(patched({ spec: { strategy: { $retainKeys: ['type'], type: 'Recreate' } } }).spec.strategy).toEqual({ type: 'Recreate' });
    expect(() => patched({ spec: { strategy: { $retainKeys: ['type'], other: 'x' } } })).toThrow('invalid patch format of $retainKeys');
  });

  test('$patch and the strategy replace', () => {
    expect(patched({ spec: { selector: { b: 'c' } } }).spec.selector).toEqual({ b: 'c' });
    expect(patched({ metadata: { labels: { $patch: 'replace', z: '1' } } }).metadata.labels).toEqual({ z: '1' });
    expect(patched({ metadata: { labels: { $patch: 'delete' } } }).metadata.labels).toEqual({});
    expect(() => patched({ metadata: { $patch: 'explode' } })).toThrow('the server rejected our request');
  });

  test('the current object stays as it is', () => {
    const before = structuredClone(current);
    patched({ spec: { containers: [{ name: 'one', $patch: 'delete' }], strategy: null } });
    expect(current).toEqual(before);
  });
});

import { kindRegistry, type KindDefinition } from '@rhythm/api';
import { expect, test } from 'vitest';
import { listPrefix, objectKey, prefixEnd } from './keys.ts';

const pods = kindRegistry.byResource('', 'v1', 'pods') as KindDefinition;
const nodes = kindRegistry.byResource('', 'v1', 'nodes') as KindDefinition;

test('keys are those of Kubernetes', () => {
  expect(objectKey(pods, 'default', 'web-1')).toBe('/registry/pods/default/web-1');
  expect(objectKey(nodes, '', 'n1')).toBe(`/registry/${nodes.storagePrefix}/n1`);
});

test.each(['..', '.', '', 'a/b', '../secrets/x', 'a%2fb', 'a\u0000b', 'a\nb', 'x'.repeat(254)])('refuses the name %j', (name) => {
  expect(() => objectKey(pods, 'default', name)).toThrow(/invalid name/);
});

test.each(['..', 'a/b', 'kube-system/x'])('refuses the namespace %j', (namespace) => {
  expect(() => listPrefix(pods, namespace)).toThrow(/invalid namespace/);
});

test('no kind lies within the prefix of another, so that none reads its neighbour', () => {
  const prefixes = [...new Set(kindRegistry.kinds.filter((kind) => kind.verbs.includes('list')).map((kind) => listPrefix(kindRegistry.storageOf(kind), '')))];
  for (const a of prefixes) for (const b of prefixes) if (a !== b) expect(a.startsWith(b), `${a} within ${b}`).toBe(false);
});

test('the end of a prefix is behind every key in it and before every other', () => {
  const prefix = listPrefix(pods, 'a');
  expect(`${prefix}\uffff` < prefixEnd(prefix)).toBe(true);
  expect(listPrefix(pods, 'a0') >= prefixEnd(prefix)).toBe(true);
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { difference, equalSets, hasItself, intersection, isFieldSet, leaf, sorted, union, type FieldSet } from './field-set.ts';
import { pathsOf } from './path-element.ts';

const elements = ['f:a', 'f:b', 'k:{"name":"x"}', 'v:1', 'f:__proto__'];
const paths = fc.uniqueArray(fc.array(fc.constantFrom(...elements), { minLength: 1, maxLength: 4 }), { maxLength: 12, selector: (path) => path.join('/') });

function setOf(members: readonly (readonly string[])[]): FieldSet {
  return members.reduce<FieldSet>((set, path) => union(set, path.reduceRight<FieldSet>((inner, element) => ({ [element]: inner }), leaf)), {});
}

/** The same thing as a list of joined paths: nothing that could go wrong. */
function flat(set: FieldSet, prefix = ''): string[] {
  return Object.entries(set)
    .flatMap(([key, inner]) => (key === '.' ? [] : [...(hasItself(inner) ? [`${prefix}${key}`] : []), ...flat(inner, `${prefix}${key}/`)]))
    .sort();
}

test('the algebra is that of sets of paths', () => {
  fc.assert(
    fc.property(paths, paths, (left, right) => {
      const [a, b] = [setOf(left), setOf(right)];
      const [inA, inB] = [left.map((path) => path.join('/')), right.map((path) => path.join('/'))];
      expect(flat(a)).toEqual([...inA].sort());
      expect(flat(union(a, b))).toEqual([...new Set([...inA, ...inB])].sort());
      expect(flat(difference(a, b))).toEqual(inA.filter((path) => !inB.includes(path)).sort());
      expect(flat(intersection(a, b))).toEqual(inA.filter((path) => inB.includes(path)).sort());
      expect(equalSets(sorted(union(a, b)), sorted(union(b, a)))).toBe(true);
      expect(equalSets(sorted(a), sorted(b))).toBe(flat(a).join() === flat(b).join());
      expect(difference(a, {})).toBe(a);
      expect(JSON.parse(JSON.stringify(sorted(a)))).toEqual(sorted(a));
    }),
    { numRuns: 300 },
  );
});

describe('sets from outside', () => {
  test.each([
    [{ 'f:a': {} }, true],
    [{ 'f:a': { '.': {}, 'k:{"name":"x"}': {} }, 'i:0': {} }, true],
    [{ a: {} }, false],
    [{ 'f:a': 1 }, false],
    [{ 'f:a': [] }, false],
    [JSON.parse('{"f:a":{"__proto__":{}}}'), false],
    [null, false],
    ['f:a', false],
  ])('%j: %s', (value: unknown, is) => {
    expect(isFieldSet(value)).toBe(is);
  });

  test('too deep a one is none', () => {
    let deep: object = {};
    for (let i = 0; i < 1000; i++) deep = { 'f:a': deep };
    expect(isFieldSet(deep)).toBe(false);
  });
});

test('paths are told as Kubernetes tells them', () => {
  const set: FieldSet = { 'f:spec': { 'f:containers': { 'k:{"name":"c"}': { '.': {}, 'f:ports': { 'k:{"containerPort":80,"protocol":"TCP"}': { 'f:hostPort': {} } } } } }, 'f:metadata': { 'f:finalizers': { 'v:"x/y"': {} } } };
  expect(pathsOf(set)).toEqual(['.metadata.finalizers[="x/y"]', '.spec.containers[name="c"]', '.spec.containers[name="c"].ports[containerPort=80,protocol="TCP"].hostPort']);
});

import { expect, it } from 'vitest';
import type { FieldError } from '../status.ts';
import { at, child, invalidEach, ofEach, pathsWhenWrong, required, together } from './field-error.ts';

const rules = (names: readonly string[], path: string, tried: string[] = []): FieldError[] =>
  pathsWhenWrong(() => {
    tried.push(path);
    return ofEach(names, (name, index) => (name === '' ? [required(child(at(child(path, 'names'), index), 'name'))] : []));
  });

it('rules that find nothing run once', () => {
  const tried: string[] = [];
  expect(rules(['a', 'b'], 'spec', tried)).toEqual([]);
  expect(tried).toHaveLength(1);
});

it('what is wrong is told with its path', () => {
  expect(rules(['a', '', ''], 'spec').map(({ field }) => field)).toEqual(['spec.names[1].name', 'spec.names[2].name']);
});

it('rules within rules tell theirs too', () => {
  const outer = pathsWhenWrong(() => together(rules(['a'], child('spec', 'first')), rules([''], child('spec', 'second'))));
  expect(outer.map(({ field }) => field)).toEqual(['spec.second.names[0].name']);
});

it('paths are told again after rules that throw', () => {
  expect(() => pathsWhenWrong(() => { throw new Error('no rule'); })).toThrow('no rule');
  expect(child('spec', at('names', 0))).toBe('spec.names[0]');
});

it('lists are joined in order, and none of them is the result', () => {
  const [first, second] = [[1], [2, 3]];
  const joined = together(first, [], second);
  expect(joined).toEqual([1, 2, 3]);
  expect(together(first, [])).not.toBe(first);
  expect(together()).toEqual([]);
});

it('each item is asked with its index; an absent list has none', () => {
  expect(ofEach(['a', 'b', 'c'], (item, index) => (item === 'b' ? [] : [`${item}${index}`, item]))).toEqual(['a0', 'a', 'c2', 'c']);
  expect(ofEach(undefined, () => ['never'])).toEqual([]);
});

it('each message of a rule becomes an error of the field', () => {
  expect(invalidEach([], 'f', 1)).toEqual([]);
  expect(invalidEach(['x', 'y'], 'f', 1).map(({ field, message }) => `${field}: ${message}`)).toEqual(['f: Invalid value: 1: x', 'f: Invalid value: 1: y']);
});

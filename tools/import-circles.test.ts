import { expect, test } from 'vitest';
import { importCircles } from './import-circles.ts';

const file = (path: string, ...imports: string[]) => ({ path, imports });

test('one direction is no circle, nor are files of one folder that import each other', () => {
  expect(importCircles([file('a/x.ts', './y.ts', '../b/z.ts', '@rhythm/base'), file('a/deep/w.ts', '../x.ts', '../../b/z.ts'), file('a/y.ts', './deep/w.ts'), file('b/z.ts', '../limits.ts'), file('limits.ts')])).toEqual([]);
});

test('a circle of folders is found whichever files close it', () => {
  const files = [file('a/x.ts', '../b/y.ts'), file('b/other.ts', '../c/z.ts'), file('b/y.ts'), file('c/deep/z.ts', '../../a/x.ts'), file('c/z.ts'), file('d/w.ts', '../a/x.ts')];
  expect(importCircles(files)).toEqual([['a', 'b', 'c']]);
  expect(importCircles(files, (path) => path === 'c/deep/z.ts')).toEqual([]);
});

test('a file beside the folders counts by itself', () => {
  expect(importCircles([file('config.ts', './a/x.ts'), file('start.ts', './a/x.ts', './config.ts'), file('a/x.ts', '../start.ts')])).toEqual([['a', 'config.ts', 'start.ts']]);
  expect(importCircles([file('config.ts'), file('start.ts', './a/x.ts', './config.ts'), file('a/x.ts', '../config.ts')])).toEqual([]);
});

test('two circles are told apart', () => {
  expect(importCircles([file('a/x.ts', '../b/x.ts'), file('b/x.ts', '../a/x.ts', '../c/x.ts'), file('c/x.ts', '../d/x.ts'), file('d/x.ts', '../c/x.ts')])).toEqual([['a', 'b'], ['c', 'd']]);
});

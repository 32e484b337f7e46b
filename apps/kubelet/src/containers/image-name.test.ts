import { expect, test } from 'vitest';
import { imageNameFault } from './image-name.ts';

test.each(['nginx', 'nginx:1.27', 'library/nginx', 'localhost/a', '127.0.0.1:5000/a/b:v1', 'Registry.example.com/a__b/c--d.e:V_1', '[fd00::1]:5000/a', `a@sha256:${'0'.repeat(64)}`, `r.io/a:v1@sha256:${'f'.repeat(64)}`])('%s is a name', (name) => {
  expect(imageNameFault(name)).toBeUndefined();
});

test.each(['', ':v1', 'a:', 'a b', 'a:x:y', '-a', 'a//b', 'a/', 'a@sha256:12', 'a@b@c', 'a:' + 'x'.repeat(129), '__proto__', 'a___b', 'a\nb'])('%j is none', (name) => {
  expect(imageNameFault(name)).toBe('invalid reference format');
});

test('capital letters are named', () => {
  expect(imageNameFault('Web')).toBe('invalid reference format: repository name (Web) must be lowercase');
  expect(imageNameFault('r.io/team/Web:v1')).toBe('invalid reference format: repository name (team/Web) must be lowercase');
});

import { expect, test } from 'vitest';
import { dialError } from './dial-error.ts';

const failed = (code: string): Error => Object.assign(new Error(`connect ${code} 10.0.0.1:80`), { code });

test('a refused connection reads as in Kubernetes', () => {
  expect(dialError(failed('ECONNREFUSED'), '10.0.0.1', 80)).toBe('dial tcp 10.0.0.1:80: connect: connection refused');
  expect(dialError(failed('EHOSTUNREACH'), 'fd00::1', 80)).toBe('dial tcp [fd00::1]:80: connect: no route to host');
  expect(dialError(failed('ECONNRESET'), '10.0.0.1', 80)).toBe('read tcp 10.0.0.1:80: connection reset by peer');
});

test('what is not known keeps its words', () => {
  expect(dialError(new Error('Parse Error: Expected HTTP/'), '10.0.0.1', 80)).toBe('Parse Error: Expected HTTP/');
});

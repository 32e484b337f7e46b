import { expect, test } from 'vitest';
import { canonicalDuration, parseDuration } from './duration.ts';

test.each([
  ['0', '0s'],
  ['1h', '1h0m0s'],
  ['90m', '1h30m0s'],
  ['1.5s', '1.5s'],
  ['300ms', '300ms'],
  ['1500us', '1.5ms'],
  ['1µs', '1µs'],
  ['5ns', '5ns'],
  ['-1m30s', '-1m30s'],
  ['1h1ms', '1h0m0.001s'],
])('%s is written %s', (given, canonical) => expect(canonicalDuration(given)).toBe(canonical));

test.each(['', '1', 's', '1d', '1h-1m', '9'.repeat(30) + 'h', ' 1s'])('refuses %j', (text) => expect(parseDuration(text)).toBeUndefined());

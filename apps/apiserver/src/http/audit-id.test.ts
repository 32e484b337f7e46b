import { expect, test } from 'vitest';
import { seededRandom } from '@rhythm/base';
import { auditIdOf } from './audit-id.ts';

test('a client may name its request, but not as it likes', () => {
  const random = seededRandom(1);
  const uuid = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;
  expect(auditIdOf('trace-1:a', random)).toBe('trace-1:a');
  for (const bad of [undefined, '', 'a b', 'a\r\nx: y', '"', 'x'.repeat(65)]) expect(auditIdOf(bad, random)).toMatch(uuid);
});

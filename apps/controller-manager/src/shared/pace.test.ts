import { expect, test } from 'vitest';
import { VirtualClock } from '@rhythm/base';
import { Pace } from './pace.ts';

test('a key rests in proportion to its work, others do not', async () => {
  const clock = new VirtualClock();
  let now = 0;
  const pace = new Pace({ monotonic: () => clock.monotonic() + now });
  expect(pace.delayMs('a')).toBe(0);
  expect(pace.measured('a', () => ((now += 10), 'result'))).toBe('result');
  expect(pace.delayMs('a')).toBeCloseTo(90);
  expect(pace.delayMs('b')).toBe(0);
  await clock.advance(60);
  expect(pace.delayMs('a')).toBeCloseTo(30);
  pace.measured('a', () => (now += 5_000));
  expect(pace.delayMs('a')).toBeCloseTo(1_000);
  pace.forget('a');
  expect(pace.delayMs('a')).toBe(0);
});

import { expect, test } from 'vitest';
import { ApiError } from '@rhythm/api';
import { VirtualClock } from '@rhythm/base';
import { fakeApiClient } from '@rhythm/client/fake';
import { pod } from '../pod/fixtures.ts';
import { TokenManager } from './token-manager.ts';

test('tokens are renewed at four fifths of their life; an old one serves while the apiserver is away', async () => {
  const clock = new VirtualClock();
  let down = false;
  const client = fakeApiClient({
    clock,
    before: () => {
      if (down) throw new ApiError('ServiceUnavailable', 'away');
    },
  });
  const tokens = new TokenManager(client, clock);
  const request = { path: 'token', expirationSeconds: 1000 };
  const asked = (): number => client.calls.length;
  const start = clock.now();
  await tokens.token(pod(), request);
  expect(tokens.refreshAt('u')).toBe(start + 800_000);
  await clock.advance(799_000);
  await tokens.token(pod(), request);
  expect(asked()).toBe(1);
  await clock.advance(1_000);
  down = true;
  await tokens.token(pod(), request);
  expect(asked()).toBe(2);
  expect(tokens.refreshAt('u')).toBe(clock.now() + 30_000);
  await tokens.token(pod(), request);
  expect(asked()).toBe(2);
  await clock.advance(200_000);
  await expect(tokens.token(pod(), request)).rejects.toThrow('away');
  down = false;
  await tokens.token(pod(), request);
  expect(tokens.refreshAt('u')).toBe(clock.now() + 800_000);
  tokens.forget('u');
  expect(tokens.refreshAt('u')).toBeUndefined();
});

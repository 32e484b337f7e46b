import { VirtualClock } from '@rhythm/base';
import { fakeRuntime, type Runtime } from '@rhythm/cri';
import { expect, test } from 'vitest';
import { RuntimeHealth } from './runtime-health.ts';

test('the last good word of a runtime holds while it restarts, and not for ever', async () => {
  const clock = new VirtualClock();
  const fake = fakeRuntime({ clock, images: ['img:latest'] });
  let down = false;
  const refuse = (): Promise<never> => Promise.reject(new Error('connection refused'));
  const runtime: Pick<Runtime, 'status' | 'listImages'> = { status: () => (down ? refuse() : fake.status()), listImages: () => (down ? refuse() : fake.listImages()) };
  const health = new RuntimeHealth(runtime, clock);
  const isReady = async (): Promise<boolean> => (await health.status())?.runtime.ready === true;
  down = true;
  expect(await isReady()).toBe(false);
  down = false;
  expect([await isReady(), (await health.images()).length]).toEqual([true, 1]);
  down = true;
  await clock.advance(29_000);
  expect([await isReady(), (await health.images()).length]).toEqual([true, 1]);
  await clock.advance(2_000);
  expect(await isReady()).toBe(false);
  down = false;
  expect(await isReady()).toBe(true);
});

import { seededRandom, silentLog, VirtualClock } from '@rhythm/base';
import { RuntimeError } from '@rhythm/cri';
import { describe, expect, test } from 'vitest';
import { awaitRuntime } from './await-runtime.ts';

const info = { name: 'containerd', version: '1' };

/** A runtime that answers so after it has refused a number of times. */
function runtime(refusals: number, error: Error): { readonly asked: () => number; version(): Promise<typeof info> } {
  let asked = 0;
  return { asked: () => asked, version: () => (asked++ < refusals ? Promise.reject(error) : Promise.resolve(info)) };
}

const away = new RuntimeError('unavailable', 'Version: connect ENOENT');

describe('a kubelet that starts', () => {
  test('waits for a runtime that is not there yet', async () => {
    const clock = new VirtualClock();
    const late = runtime(9, away);
    const waiting = awaitRuntime(late, { clock, random: seededRandom(1), log: silentLog });
    await clock.advance(30_000);
    expect(await waiting).toEqual(info);
    expect(late.asked()).toBe(10);
  });

  test('gives up after two minutes', async () => {
    const clock = new VirtualClock();
    const waiting = awaitRuntime(runtime(Infinity, away), { clock, random: seededRandom(1), log: silentLog });
    const outcome = expect(waiting).rejects.toThrow('connect ENOENT');
    await clock.advance(200_000);
    await outcome;
  });

  test('does not wait for what will not change', async () => {
    const wrong = runtime(Infinity, new RuntimeError('failed', 'Version: unknown service runtime.v1.RuntimeService'));
    await expect(awaitRuntime(wrong, { clock: new VirtualClock(), random: seededRandom(1), log: silentLog })).rejects.toThrow('unknown service');
    expect(wrong.asked()).toBe(1);
  });
});

import { describe, expect, test } from 'vitest';
import { logTo, silentLog, VirtualClock } from '@rhythm/base';
import { done, later } from './ports.ts';
import { runController, TerminalError } from './run-controller.ts';
import { WorkQueue } from './work-queue.ts';

describe('work queue', () => {
  test('holds a key once, first come first served', async () => {
    const queue = new WorkQueue({ clock: new VirtualClock() });
    for (const key of ['a', 'b', 'a', 'c']) queue.add(key);
    expect(queue.length).toBe(3);
    expect([await queue.next(), await queue.next(), await queue.next()]).toEqual(['a', 'b', 'c']);
  });

  test('gives a key to one worker at a time, and again when it was added meanwhile', async () => {
    const queue = new WorkQueue({ clock: new VirtualClock() });
    queue.add('a');
    expect(await queue.next()).toBe('a');
    queue.add('a');
    queue.add('a');
    queue.add('b');
    expect(await queue.next()).toBe('b');
    expect(queue.length).toBe(0);
    queue.done('a');
    expect(await queue.next()).toBe('a');
    queue.done('a');
    queue.done('b');
    expect(queue.idle).toBe(true);
  });

  test('a worker that waits is woken by an add', async () => {
    const queue = new WorkQueue({ clock: new VirtualClock() });
    const next = queue.next();
    queue.add('a');
    expect(await next).toBe('a');
    queue.add('a');
    expect(queue.length).toBe(0);
    queue.done('a');
    expect(queue.length).toBe(1);
  });

  test('of several delayed adds of a key the earliest counts', async () => {
    const clock = new VirtualClock();
    const queue = new WorkQueue({ clock });
    queue.addAfter('a', 100);
    queue.addAfter('a', 50);
    queue.addAfter('a', 200);
    await clock.advance(49);
    expect(queue.length).toBe(0);
    await clock.advance(1);
    expect(queue.length).toBe(1);
    expect(await queue.next()).toBe('a');
    queue.done('a');
    await clock.advance(1_000);
    expect(queue.length).toBe(0);
  });

  test('retries wait twice as long each time, to a maximum, until forgotten', () => {
    const queue = new WorkQueue({ clock: new VirtualClock(), retryMaxMs: 1_000 });
    const delays = Array.from({ length: 10 }, () => queue.retry('a'));
    expect(delays).toEqual([5, 10, 20, 40, 80, 160, 320, 640, 1_000, 1_000]);
    queue.forget('a');
    expect(queue.retry('a')).toBe(5);
  });

  test('a shut queue lets workers go and keeps no timer', async () => {
    const clock = new VirtualClock();
    const queue = new WorkQueue({ clock });
    const next = queue.next();
    queue.addAfter('b', 10);
    queue.shutDown();
    queue.add('c');
    expect(await next).toBeUndefined();
    expect(await queue.next()).toBeUndefined();
    expect(clock.nextTimerAt()).toBeUndefined();
  });
});

describe('controller', () => {
  test('retries what throws with back-off, then starts anew', async () => {
    const clock = new VirtualClock(0);
    const at: number[] = [];
    const controller = runController({
      name: 'test',
      clock,
      log: silentLog,
      reconcile: () => {
        at.push(clock.monotonic());
        return at.length < 4 ? Promise.reject(new Error('not yet')) : Promise.resolve(done);
      },
    });
    controller.enqueue('a');
    await clock.advance(1_000);
    expect(at).toEqual([0, 5, 15, 35]);
    expect(controller.queue.failures('a')).toBe(0);
    await controller.stop();
  });

  test('looks again later when asked to, and gives up on a terminal error', async () => {
    const clock = new VirtualClock(0);
    const at: number[] = [];
    const lines: string[] = [];
    const controller = runController({
      name: 'test',
      clock,
      log: logTo((level, message) => lines.push(`${level} ${message}`)),
      reconcile: () => {
        at.push(clock.monotonic());
        return at.length < 3 ? Promise.resolve(later(100)) : Promise.reject(new TerminalError('never'));
      },
    });
    controller.enqueue('a');
    await clock.advance(10_000);
    expect(at).toEqual([0, 100, 200]);
    expect(lines).toEqual(['error reconcile gave up']);
    await controller.stop();
  });

  test('works on as many keys at a time as it has workers, each key once', async () => {
    const clock = new VirtualClock();
    let now = 0;
    let most = 0;
    const controller = runController({
      name: 'test',
      clock,
      log: silentLog,
      workers: 3,
      reconcile: async () => {
        most = Math.max(most, ++now);
        await clock.sleep(10);
        now--;
        return done;
      },
    });
    for (let i = 0; i < 10; i++) controller.enqueue(`k${i}`);
    for (let i = 0; i < 10; i++) controller.enqueue('k0');
    await clock.advance(1_000);
    expect(most).toBe(3);
    expect(controller.queue.idle).toBe(true);
    await controller.stop();
  });

  test('does nothing before its caches are synced', async () => {
    const clock = new VirtualClock();
    const sync = Promise.withResolvers<void>();
    let runs = 0;
    const controller = runController({ name: 'test', clock, log: silentLog, synced: [{ synced: () => sync.promise }], reconcile: () => Promise.resolve((runs++, done)) });
    controller.enqueue('a');
    await clock.advance(100);
    expect(runs).toBe(0);
    sync.resolve();
    await clock.advance(0);
    expect(runs).toBe(1);
    await controller.stop();
  });

  test('stop aborts the reconcile in flight, waits for it, and logs no failure', async () => {
    const clock = new VirtualClock();
    const lines: string[] = [];
    const controller = runController({
      name: 'test',
      clock,
      log: logTo((_, message) => lines.push(message)),
      reconcile: (_, signal) => clock.sleep(1e9, signal).then(() => done),
    });
    controller.enqueue('a');
    await clock.advance(0);
    await controller.stop();
    expect(lines).toEqual([]);
    expect(clock.nextTimerAt()).toBeUndefined();
  });
});

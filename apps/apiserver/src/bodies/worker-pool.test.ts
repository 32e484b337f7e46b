import { systemClock, VirtualClock } from '@rhythm/base';
import { afterEach, describe, expect, test } from 'vitest';
import { WorkerPool, type PoolOptions } from './worker-pool.ts';

type Task = { readonly echo: unknown } | 'hang' | 'fill' | 'throw' | 'exit';

const program = new URL(`data:text/javascript,${encodeURIComponent(`
  import { parentPort, threadId } from 'node:worker_threads';
  parentPort.on('message', (task) => {
    if (task === 'hang') for (;;);
    if (task === 'fill') { const all = []; for (;;) all.push([all]); }
    if (task === 'throw') throw new Error('thrown');
    if (task === 'exit') process.exit(3);
    parentPort.postMessage([task.echo, threadId]);
  });`)}`);

const pools: WorkerPool<Task, [unknown, number]>[] = [];
afterEach(() => Promise.all(pools.splice(0).map((pool) => pool.stop())));

function poolOf(options: Partial<PoolOptions> = {}, clock: ConstructorParameters<typeof WorkerPool>[1] = systemClock): WorkerPool<Task, [unknown, number]> {
  const pool = new WorkerPool<Task, [unknown, number]>({ program, resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 4 }, threadsMax: 1, waitingMax: 4, taskMs: 60_000, idleMs: 60_000, ...options }, clock);
  pools.push(pool);
  return pool;
}

describe('threads for what takes long', () => {
  test('are started by the first task, serve the next ones, and end without any', async () => {
    const clock = new VirtualClock();
    const pool = poolOf({ idleMs: 1_000 }, clock);
    expect(pool.threads).toBe(0);
    const [first, thread] = await pool.run({ echo: 1 });
    expect([first, pool.threads]).toEqual([1, 1]);
    expect(await pool.run({ echo: 2 })).toEqual([2, thread]);
    await clock.advance(999);
    expect(pool.threads).toBe(1);
    await clock.advance(1);
    expect(pool.threads).toBe(0);
    expect((await pool.run({ echo: 3 }))[1]).not.toBe(thread);
  });

  test('are no more than allowed; others wait, and who waits behind too many is refused', async () => {
    const pool = poolOf({ threadsMax: 2, waitingMax: 3 });
    const running = ['a', 'b', 'c', 'd', 'e'].map((echo) => pool.run({ echo }));
    await expect(pool.run({ echo: 'f' })).rejects.toMatchObject({ why: 'full' });
    expect(pool.threads).toBe(2);
    expect((await Promise.all(running)).map(([echo]) => echo)).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  test('are killed when one task takes too long, and the next one finds another', async () => {
    const clock = new VirtualClock();
    const pool = poolOf({ taskMs: 500 }, clock);
    const late = expect(pool.run('hang')).rejects.toMatchObject({ why: 'late' });
    const next = pool.run({ echo: 'next' });
    await clock.advance(500);
    await late;
    expect((await next)[0]).toBe('next');
  });

  test.each([['fill', 'memory'], ['throw', 'broken'], ['exit', 'broken']] as const)('a task that does %s fails alone', async (task, why) => {
    const pool = poolOf();
    const failed = expect(pool.run(task)).rejects.toMatchObject({ why });
    expect((await pool.run({ echo: 'next' }))[0]).toBe('next');
    await failed;
  });

  test('who goes leaves the line', async () => {
    const pool = poolOf({ waitingMax: 1 });
    const gone = new AbortController();
    const first = pool.run({ echo: 1 });
    const waiting = expect(pool.run({ echo: 2 }, gone.signal)).rejects.toThrow('gone');
    gone.abort(new Error('gone'));
    await waiting;
    expect((await Promise.all([first, pool.run({ echo: 3 })])).map(([echo]) => echo)).toEqual([1, 3]);
    await expect(pool.run({ echo: 4 }, gone.signal)).rejects.toThrow('gone');
  });

  test('what is under way when they are stopped fails', async () => {
    const pool = poolOf();
    const tasks = [pool.run('hang'), pool.run({ echo: 1 })].map((task) => expect(task).rejects.toMatchObject({ why: 'broken' }));
    await pool.stop();
    await Promise.all(tasks);
    await expect(pool.run({ echo: 1 })).rejects.toMatchObject({ why: 'broken' });
  });
});

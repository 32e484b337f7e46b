import type { Clock, Timer } from '@rhythm/base';
import { Worker, type ResourceLimits } from 'node:worker_threads';

export interface PoolOptions {
  /** The program of a thread: it gets tasks as messages, one at a time, and answers each with one message. */
  readonly program: URL;
  readonly resourceLimits: ResourceLimits;
  readonly threadsMax: number;
  /** Tasks that wait for a thread. */
  readonly waitingMax: number;
  /** For one task, once a thread has it. */
  readonly taskMs: number;
  readonly idleMs: number;
}

/** Why a task has no result. */
export class PoolError extends Error {
  override readonly name = 'PoolError';
  readonly why: 'full' | 'late' | 'memory' | 'broken';

  constructor(why: PoolError['why'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.why = why;
  }
}

interface Waiting<Task, Result> {
  readonly task: Task;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

interface Thread<Result> {
  readonly worker: Worker;
  /** What it is about. */
  task: { done(result: Result): void; failed(error: PoolError): void } | undefined;
  idle: Timer | undefined;
}

/**
 * Threads for what would hold up everything else. None is there before the first task and none long after the last; each has one task at a time, a limit of
 * memory, and is killed when a task takes too long, so that the next ones find a fresh one.
 */
export class WorkerPool<Task, Result> {
  readonly #options: PoolOptions;
  readonly #clock: Pick<Clock, 'setTimer'>;
  readonly #waiting: Waiting<Task, Result>[] = [];
  readonly #free: Thread<Result>[] = [];
  readonly #all = new Set<Thread<Result>>();
  #isStopped = false;

  constructor(options: PoolOptions, clock: Pick<Clock, 'setTimer'>) {
    this.#options = options;
    this.#clock = clock;
  }

  /** Threads there are at the moment. */
  get threads(): number {
    return this.#all.size;
  }

  /** Rejects with `PoolError`, and with the signal's reason when it aborts: what a thread has begun it ends, for nobody. */
  run(task: Task, signal?: AbortSignal): Promise<Result> {
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error);
    if (this.#isStopped) return Promise.reject(new PoolError('broken', 'the threads have been stopped'));
    if (this.#waiting.length >= this.#options.waitingMax) return Promise.reject(new PoolError('full', `${this.#options.waitingMax} others are waiting`));
    return new Promise((resolve, reject) => {
      const waiting: Waiting<Task, Result> = { task, resolve: settled(resolve), reject: settled(reject) };
      const onAbort = (): void => {
        // What a thread has begun it ends, for nobody.
        const at = this.#waiting.indexOf(waiting);
        if (at >= 0) this.#waiting.splice(at, 1);
        reject(signal?.reason as Error);
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      function settled<T>(settle: (value: T) => void): (value: T) => void {
        return (value) => {
          signal?.removeEventListener('abort', onAbort);
          settle(value);
        };
      }
      this.#waiting.push(waiting);
      this.#next();
    });
  }

  /** Ends the threads; what has not been done is rejected. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const { reject } of this.#waiting.splice(0)) reject(new PoolError('broken', 'the threads have been stopped'));
    for (const thread of this.#all) thread.task?.failed(new PoolError('broken', 'the threads have been stopped'));
    await Promise.all([...this.#all].map((thread) => this.#end(thread)));
  }

  #next(): void {
    while (this.#waiting.length > 0) {
      const thread = this.#free.pop() ?? (this.#all.size < this.#options.threadsMax ? this.#begin() : undefined);
      if (thread === undefined) return;
      thread.idle?.cancel();
      this.#work(thread, this.#waiting.shift() as Waiting<Task, Result>);
    }
  }

  #begin(): Thread<Result> {
    const { program, resourceLimits } = this.#options;
    // Flags and environment of the server are none of its business.
    const worker = new Worker(program, { resourceLimits, execArgv: [], env: {} });
    worker.unref();
    const thread: Thread<Result> = { worker, task: undefined, idle: undefined };
    worker.on('message', (result: Result) => thread.task?.done(result));
    worker.on('error', (error: Error & { readonly code?: string }) => this.#failed(thread, error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? new PoolError('memory', 'it needed too much memory', { cause: error }) : new PoolError('broken', 'its thread has failed', { cause: error })));
    worker.on('exit', () => this.#failed(thread, new PoolError('broken', 'its thread has ended')));
    this.#all.add(thread);
    return thread;
  }

  #work(thread: Thread<Result>, { task, resolve, reject }: Waiting<Task, Result>): void {
    const { taskMs, idleMs } = this.#options;
    const late = this.#clock.setTimer(taskMs, () => this.#failed(thread, new PoolError('late', `it took longer than ${taskMs} ms`)));
    const over = (): void => {
      late.cancel();
      thread.task = undefined;
    };
    thread.task = {
      done: (result) => {
        over();
        this.#free.push(thread);
        thread.idle = this.#clock.setTimer(idleMs, () => void this.#end(thread));
        resolve(result);
        this.#next();
      },
      failed: (error) => {
        over();
        reject(error);
      },
    };
    thread.worker.postMessage(task);
  }

  #failed(thread: Thread<Result>, error: PoolError): void {
    thread.task?.failed(error);
    void this.#end(thread);
    this.#next();
  }

  async #end(thread: Thread<Result>): Promise<void> {
    thread.idle?.cancel();
    this.#all.delete(thread);
    const at = this.#free.indexOf(thread);
    if (at >= 0) this.#free.splice(at, 1);
    await thread.worker.terminate();
  }
}

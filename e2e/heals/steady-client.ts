import { request } from 'node:http';

/** What a client that calls all the time has seen. */
export interface SteadyClient {
  readonly calls: number;
  /** Of each failed call: when, in seconds since the start, and why. */
  readonly errors: readonly string[];
  readonly slowestMs: number;
  stop(): Promise<void>;
}

const perSecond = 20;
/** Longer than a busy machine needs; a call into nothing never ends. The slowest one is told at the end. */
const answerMsMax = 30_000;

/** Calls a Service's address 20 times a second, each on a connection of its own, whether or not earlier calls have ended. */
export function steadyClient(ip: string, expected: RegExp): SteadyClient {
  const errors: string[] = [];
  const open = new Set<Promise<void>>();
  const startedMs = performance.now();
  let calls = 0;
  let slowestMs = 0;
  const one = async (): Promise<void> => {
    const fromMs = performance.now();
    calls++;
    try {
      const text = await call(ip);
      if (!expected.test(text)) throw new Error(`answered ${JSON.stringify(text)}`);
    } catch (error) {
      errors.push(`${((fromMs - startedMs) / 1000).toFixed(1)} s: ${(error as Error).message}`);
    }
    slowestMs = Math.max(slowestMs, performance.now() - fromMs);
  };
  const timer = setInterval(() => {
    const running = one().finally(() => open.delete(running));
    open.add(running);
  }, 1000 / perSecond);
  return {
    get calls() {
      return calls;
    },
    errors,
    get slowestMs() {
      return slowestMs;
    },
    async stop() {
      clearInterval(timer);
      await Promise.all(open);
    },
  };
}

/** One GET on a connection of its own; anything but 200 in time is an error. */
export function call(host: string, timeoutMs = answerMsMax): Promise<string> {
  return new Promise((resolve, reject) => {
    const calling = request({ host, port: 80, agent: false, timeout: timeoutMs }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += String(chunk)));
      response.on('error', reject);
      response.on('end', () => {
        if (response.statusCode === 200) resolve(text.trim());
        else reject(new Error(`status ${response.statusCode}`));
      });
    });
    calling.on('timeout', () => calling.destroy(new Error(`no answer within ${timeoutMs} ms`)));
    calling.on('error', reject);
    calling.end();
  });
}

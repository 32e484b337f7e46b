import type { Clock } from '@rhythm/base';
import type { AdminHttp, HttpAnswer } from './admin-http.ts';

/** Between two attempts. */
const pauseMs = 250;
/** Answers by which a server says that it has done nothing, and is to be asked again: it has too much to do, or its store is away. */
const notNow: ReadonlySet<number> = new Set([429, 503]);

/**
 * The same, asking again for as long as one answer may take: after answers that say so, and when the connection breaks. For
 * requests that may be made twice: what was created is found to be there, a merge patch changes nothing more.
 */
export function patientHttp(http: AdminHttp, clock: Pick<Clock, 'monotonic' | 'sleep'>): AdminHttp {
  const patiently = async (ask: () => Promise<HttpAnswer>, timeoutMs: number): Promise<HttpAnswer> => {
    const end = clock.monotonic() + timeoutMs;
    for (;;) {
      try {
        const answer = await ask();
        if (!notNow.has(answer.status) || clock.monotonic() >= end) return answer;
      } catch (error) {
        if (clock.monotonic() >= end) throw error;
      }
      await clock.sleep(pauseMs);
    }
  };
  return {
    get: (path, timeoutMs) => patiently(() => http.get(path, timeoutMs), timeoutMs),
    post: (path, object, timeoutMs) => patiently(() => http.post(path, object, timeoutMs), timeoutMs),
    put: (path, object, timeoutMs) => patiently(() => http.put(path, object, timeoutMs), timeoutMs),
    patch: (path, change, timeoutMs) => patiently(() => http.patch(path, change, timeoutMs), timeoutMs),
    close: () => http.close(),
  };
}

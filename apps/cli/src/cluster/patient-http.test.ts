import { VirtualClock } from '@rhythm/base';
import { expect, test } from 'vitest';
import type { AdminHttp, HttpAnswer } from './admin-http.ts';
import { patientHttp } from './patient-http.ts';

const timeoutMs = 5_000;

/** A server that gives these answers in turn, the last one again and again. */
function server(...answers: readonly (number | Error)[]): { readonly http: AdminHttp; readonly asked: () => number } {
  let asked = 0;
  const answer = (): Promise<HttpAnswer> => {
    const next = answers[Math.min(asked++, answers.length - 1)];
    return next instanceof Error ? Promise.reject(next) : Promise.resolve({ status: next ?? 0, body: '' });
  };
  return { http: { get: answer, post: answer, put: answer, patch: answer, close: () => undefined }, asked: () => asked };
}

const broken = new Error('read ECONNRESET');

test.each([
  ['too much to do', [429, 429, 201], 201, 3],
  ['a store that is away', [503, 503, 503, 200], 200, 4],
  ['a connection that breaks', [broken, 409], 409, 2],
  ['a refusal', [403], 403, 1],
  ['an error of its own', [500], 500, 1],
] as const)('%s', async (_name, answers, status, times) => {
  const clock = new VirtualClock();
  const { http, asked } = server(...answers);
  const answer = patientHttp(http, clock).post('/x', {}, timeoutMs);
  await clock.advance(timeoutMs);
  expect([(await answer).status, asked()]).toEqual([status, times]);
});

test('no longer than one answer may take: then what came last counts', async () => {
  const clock = new VirtualClock();
  const busy = patientHttp(server(503).http, clock).get('/x', timeoutMs);
  const gone = expect(patientHttp(server(broken).http, clock).get('/x', timeoutMs)).rejects.toThrow('ECONNRESET');
  await clock.advance(2 * timeoutMs);
  expect((await busy).status).toBe(503);
  await gone;
});

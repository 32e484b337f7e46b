import { expect, test } from 'vitest';
import { serveHealth } from './serve-health.ts';

test('tells alive from ready, and serves nothing else', async () => {
  let why: string | undefined = 'the caches are empty';
  const health = await serveHealth('127.0.0.1', 0, () => why);
  const get = async (path: string): Promise<string> => {
    const response = await fetch(`http://${health.endpoint}${path}`);
    return `${response.status} ${await response.text()}`;
  };
  expect([await get('/healthz'), await get('/readyz'), await get('/debug')]).toEqual(['200 ok', '503 the caches are empty', '404 not found']);
  why = undefined;
  expect(await get('/readyz?verbose')).toBe('200 ok');
  await health.stop();
});

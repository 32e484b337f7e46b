import { request } from 'node:https';
import { withTimeout, type Clock } from '@rhythm/base';
import { readAnswer } from '@rhythm/http';

const bytesMax = 1024 * 1024;
const timeoutMs = 10_000;

/** A JSON document over HTTPS. Redirects are not followed. `ca`: PEM; absent, the authorities that node knows. */
export async function fetchJson(url: URL, ca: string | undefined, clock: Pick<Clock, 'setTimer'>): Promise<unknown> {
  if (url.protocol !== 'https:') throw new Error(`${url.href} is not an address of HTTPS`);
  const timeout = withTimeout(clock, timeoutMs, () => new Error(`no answer within ${timeoutMs} ms`));
  try {
    return JSON.parse(await read(url, ca, timeout.signal));
  } catch (error) {
    throw new Error(`${url.href} cannot be read`, { cause: timeout.signal.aborted ? timeout.signal.reason : error });
  } finally {
    timeout.cancel();
  }
}

function read(url: URL, ca: string | undefined, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { agent: false, signal, headers: { accept: 'application/json' }, ...(ca === undefined ? {} : { ca }) }, (response) => {
      if (response.statusCode === 200) readAnswer(response, bytesMax).then((bytes) => resolve(bytes.toString()), reject);
      else sent.destroy(new Error(`status ${response.statusCode}`));
    });
    sent.on('error', reject);
    sent.end();
  });
}

import { request } from 'node:https';
import { withTimeout, type Clock } from '@rhythm/base';

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
      const chunks: Buffer[] = [];
      let bytes = 0;
      if (response.statusCode !== 200) sent.destroy(new Error(`status ${response.statusCode}`));
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > bytesMax) sent.destroy(new Error(`it is longer than ${bytesMax} bytes`));
        else chunks.push(chunk);
      });
      response.on('error', reject);
      response.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    });
    sent.on('error', reject);
    sent.end();
  });
}

import type { Clock } from '@rhythm/base';
import type { Readable } from 'node:stream';

/** A request that cannot be read; `status` is the HTTP code that says so. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/**
 * All of a request's body, at most `bytesMax` long and within `timeoutMs`.
 * @throws HttpError 413 or 408, or 400 when the client breaks off.
 */
export function readBody(source: Readable, clock: Pick<Clock, 'setTimer'>, bytesMax: number, timeoutMs: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    let settled = false;
    const settle = (error?: HttpError): void => {
      if (settled) return;
      settled = true;
      timer.cancel();
      if (error === undefined) resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, length));
      else {
        chunks.length = 0;
        reject(error);
      }
    };
    const timer = clock.setTimer(timeoutMs, () => settle(new HttpError(408, 'the request body did not arrive in time')));
    source.on('data', (chunk: Buffer) => {
      if (settled) return;
      length += chunk.length;
      if (length > bytesMax) settle(new HttpError(413, `the request body is larger than ${bytesMax} bytes`));
      else chunks.push(chunk);
    });
    source.on('end', () => settle());
    const brokeOff = (): void => {
      if (!settled) settle(new HttpError(400, 'the request body broke off'));
    };
    source.on('error', brokeOff);
    source.on('close', brokeOff);
  });
}

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

/** The bytes of bodies that all requests under way may hold together. */
export class BodyBudget {
  #left: number;

  constructor(bytesMax: number) {
    this.#left = bytesMax;
  }

  /** False: there is not so much left. */
  take(bytes: number): boolean {
    if (bytes > this.#left) return false;
    this.#left -= bytes;
    return true;
  }

  give(bytes: number): void {
    this.#left += bytes;
  }
}

/**
 * All of a request's body, at most `bytesMax` long and within `timeoutMs`.
 * @param take is asked before each piece is kept.
 * @throws HttpError 413, 408 or 429, or 400 when the client breaks off.
 */
export function readBody(source: Readable, clock: Pick<Clock, 'setTimer'>, bytesMax: number, timeoutMs: number, take: (bytes: number) => boolean = () => true): Promise<Uint8Array> {
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
      if (length > bytesMax) settle(new HttpError(413, `Request entity too large: limit is ${bytesMax}`));
      else if (!take(chunk.length)) settle(new HttpError(429, 'the server has too many request bodies in hand, try again later'));
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

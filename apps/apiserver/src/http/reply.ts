import { ApiError, toApiError } from '@rhythm/api';
import { HttpError, type HttpExchange, type ReplyHeaders } from '@rhythm/http';
import { warningsOf } from '../pipeline/warned.ts';
import type { ResourceResponse } from '../ports/types.ts';
import { SlicedBody } from '../render/sliced-body.ts';
import { prettyPieces, PrettyPrinter, wantsPretty } from './pretty.ts';

/** Of all warnings together; when there are more, each is cut, and the last are left out (apiserver's WithWarningRecorder). */
const warningsCharsMax = 4096;
const cutWarningCharsMax = 256;
/** Headers are limited, too. */
const warningsMax = 128;
/** Replies in pieces that end before this are sent with their length. */
const wholeBytesMax = 128 * 1024;

export async function sendResponse(exchange: HttpExchange, response: ResourceResponse): Promise<void> {
  const headers: ReplyHeaders = {
    'content-type': response.contentType,
    'cache-control': 'no-cache, private',
    ...warningHeader(response.warnings),
  };
  const body = isJson(response.contentType) && wantsPretty(exchange) ? pretty(response.body) : response.body;
  if (body instanceof Uint8Array) {
    await exchange.send(response.code, headers, body);
    return;
  }
  if (body instanceof SlicedBody) await sendGroups(exchange, response.code, headers, body);
  else await sendPieces(exchange, response.code, headers, body);
}

/** Lists: short ones are sent whole, long ones as fast as the client reads. */
async function sendGroups(exchange: HttpExchange, code: number, headers: ReplyHeaders, body: SlicedBody): Promise<void> {
  const groups = body.groups[Symbol.asyncIterator]();
  try {
    const first = await groups.next();
    // A copy: the next group may stand where this one stood.
    const beginning = Buffer.concat(first.value ?? []);
    let next: IteratorResult<readonly Uint8Array[]> = first.done === true ? first : await groups.next();
    if (next.done === true) return await exchange.send(code, headers, beginning);
    const stream = exchange.begin(code, headers, { compress: true });
    await stream.writeAll([beginning]);
    for (; next.done !== true; next = await groups.next()) await stream.writeAll(next.value);
    await stream.end();
  } finally {
    await groups.return?.();
  }
}

function isJson(contentType: string): boolean {
  return contentType.startsWith('application/json');
}

function pretty(body: ResourceResponse['body']): ResourceResponse['body'] {
  return body instanceof Uint8Array ? new PrettyPrinter().print(body) : prettyPieces(body);
}

/** Documents in pieces: short ones are sent whole, long ones as fast as the client reads. Text (logs) is passed on as it comes. */
async function sendPieces(exchange: HttpExchange, code: number, headers: ReplyHeaders, body: AsyncIterable<Uint8Array>): Promise<void> {
  const document = String(headers['content-type']).startsWith('application/');
  const pieces = body[Symbol.asyncIterator]();
  try {
    const gathered: Uint8Array[] = [];
    let next = await pieces.next();
    for (let bytes = 0; document && next.done !== true && bytes < wholeBytesMax; next = await pieces.next()) {
      gathered.push(next.value);
      bytes += next.value.length;
    }
    if (next.done === true) return await exchange.send(code, headers, Buffer.concat(gathered));
    const stream = exchange.begin(code, headers, { compress: document });
    for (const piece of gathered) await stream.write(piece);
    for (; next.done !== true; next = await pieces.next()) await stream.write(next.value);
    await stream.end();
  } finally {
    await pieces.return?.();
  }
}

export async function sendError(exchange: HttpExchange, thrown: unknown): Promise<ApiError> {
  const error = refusalOf(thrown);
  if (exchange.replied) return error;
  const retryAfter = error.details?.retryAfterSeconds ?? (error.code === 429 ? 1 : undefined);
  const headers: ReplyHeaders = {
    'content-type': 'application/json',
    'cache-control': 'no-cache, private',
    ...(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }),
    ...warningHeader(warningsOf(thrown)),
  };
  await exchange.send(error.code, headers, Buffer.from(JSON.stringify(error.toStatus(), null, wantsPretty(exchange) ? 2 : undefined)));
  return error;
}

/** For the headers of a reply; nothing when there is nothing to warn of. */
export function warningHeader(warnings: readonly string[]): ReplyHeaders {
  if (warnings.length === 0) return {};
  const isMuch = warnings.reduce((sum, text) => sum + text.length, 0) > warningsCharsMax;
  const values: string[] = [];
  let left = warningsCharsMax;
  for (const text of warnings.slice(0, warningsMax)) {
    if (left <= 0) break;
    const told = isMuch ? text.slice(0, cutWarningCharsMax) : text;
    left -= told.length;
    values.push(warningOf(told));
  }
  return { warning: values };
}

/** `Warning: 299 - "text"` (RFC 9111, 5.5 of its predecessor), without anything that could end a header. */
export function warningOf(text: string): string {
  return `299 - "${text.replace(/[^\x20-\x7e]/g, ' ').replace(/["\\]/g, '\\$&')}"`;
}

/** What a request is refused with; what the HTTP kit has thrown in the API's words. */
export function refusalOf(thrown: unknown): ApiError {
  return thrown instanceof HttpError ? fromHttpError(thrown) : toApiError(thrown);
}

function fromHttpError(error: HttpError): ApiError {
  switch (error.status) {
    case 413:
      return new ApiError('RequestEntityTooLarge', error.message, { cause: error });
    case 429:
      return new ApiError('TooManyRequests', error.message, { cause: error });
    case 408:
      return new ApiError('Timeout', error.message, { code: 408, cause: error });
    default:
      return new ApiError('BadRequest', error.message, { cause: error });
  }
}

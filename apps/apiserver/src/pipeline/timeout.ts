import { ApiError, parseDuration } from '@rhythm/api';
import type { ResourceRequest } from '../ports/types.ts';

/**
 * How long a request may take, milliseconds: what it asks for in `?timeout=` (a Go duration), at most `most`. 0 asks for nothing.
 * @throws ApiError BadRequest.
 */
export function timeoutOf({ query }: Pick<ResourceRequest, 'query'>, most: number): number {
  const asked = query?.get('timeout') ?? '';
  if (asked === '') return most;
  const nanos = parseDuration(asked);
  if (nanos === undefined || nanos < 0n) throw new ApiError('BadRequest', `invalid timeout specified in the request URL - time: invalid duration ${JSON.stringify(asked.slice(0, 64))}`);
  const ms = Number(nanos) / 1e6;
  return ms === 0 ? most : Math.min(ms, most);
}

/** In Kubernetes' words. */
export function tooLate(): ApiError {
  return new ApiError('Timeout', 'Timeout: request did not complete within requested timeout - context deadline exceeded');
}

import { ApiError } from '@rhythm/api';
import type { HttpExchange } from '@rhythm/http';

/** @throws ApiError MethodNotAllowed (405) unless the request reads. */
export function onlyRead({ method }: Pick<HttpExchange, 'method'>): void {
  if (method !== 'GET' && method !== 'HEAD') throw new ApiError('MethodNotAllowed', 'the server does not allow this method on the requested resource');
}

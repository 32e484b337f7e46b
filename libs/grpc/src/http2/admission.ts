import { status } from '@grpc/grpc-js';
import { GrpcError } from '../error.ts';
import { headerListBytesMax, type Headers } from './hpack.ts';
import type { LeanMethod } from './methods.ts';
import { isGrpc, requestHead, timeoutMs } from './request-head.ts';
import { failureBlock, plainBlock, unimplemented } from './status-headers.ts';

/** Of a path that is told back to its caller. */
const pathCharactersMax = 200;

export type Admission =
  | { readonly kind: 'call'; readonly method: LeanMethod; readonly headers: Headers; readonly deadlineMs: number | undefined; readonly encoding: string }
  | { readonly kind: 'refused'; readonly block: Buffer }
  | { readonly kind: 'malformed' };

/** What the headers of a new stream ask for: a method of ours, something that is refused, or nothing that HTTP/2 knows. `headers` undefined: they are too large. */
export function admit(headers: Headers | undefined, methods: ReadonlyMap<string, LeanMethod>): Admission {
  if (headers === undefined) return refused(new GrpcError(status.RESOURCE_EXHAUSTED, `the headers are larger than ${headerListBytesMax} bytes`));
  const head = requestHead(headers);
  if (head === undefined) return { kind: 'malformed' };
  if (head.method !== 'POST') return { kind: 'refused', block: plainBlock(405) };
  if (!isGrpc(head.contentType)) return { kind: 'refused', block: plainBlock(415) };
  const method = methods.get(head.path);
  if (method === undefined) return refused(unimplemented(`The server does not implement the method ${head.path.slice(0, pathCharactersMax)}`));
  const deadlineMs = head.timeout === undefined ? undefined : timeoutMs(head.timeout);
  if (head.timeout !== undefined && deadlineMs === undefined) return refused(new GrpcError(status.INTERNAL, 'grpc-timeout is not a time'));
  return { kind: 'call', method, headers, deadlineMs, encoding: head.encoding };
}

/** An answer that is the end of its call. */
export function refused(error: GrpcError): Admission & { readonly kind: 'refused' } {
  return { kind: 'refused', block: failureBlock(error, true) };
}

import type { CallContext, Metadata } from '@rhythm/grpc';
import type { Caller } from '../pipeline/types.ts';

/** The caller of a gRPC call: its certificate, and its metadata as headers. */
export function callerOf(context: Pick<CallContext, 'metadata' | 'identity'>): Caller {
  const headers = headersOf(context.metadata);
  return {
    ...(context.identity === undefined ? {} : { certificate: context.identity }),
    header: (name) => headers.find(([key]) => key === name)?.[1],
    headersWith: (prefix) => headers.filter(([key]) => key.startsWith(prefix)),
  };
}

/** Names in lower case, one pair per value; binary metadata is left out. */
function headersOf(metadata: Metadata): ReadonlyArray<readonly [string, string]> {
  return Object.keys(metadata.getMap()).flatMap((key) => metadata.get(key).flatMap((value) => (typeof value === 'string' ? [[key, value] as const] : [])));
}

/**
 * When a bearer token ends, in milliseconds since the epoch, read without verifying it (RFC 7519, `exp`): the pipeline
 * verifies it with each request, this only says when to end what is open. `undefined`: never, or not a token.
 */
export function tokenExpiry(caller: Caller): number | undefined {
  const token = /^bearer ([^.]+)\.([^.]+)\.([^.]*)$/i.exec(caller.header('authorization') ?? '');
  if (token === null) return undefined;
  try {
    const claims: unknown = JSON.parse(Buffer.from(token[2] ?? '', 'base64url').toString('utf8'));
    const expires = typeof claims === 'object' && claims !== null && 'exp' in claims ? claims.exp : undefined;
    return typeof expires === 'number' ? expires * 1000 : undefined;
  } catch {
    return undefined;
  }
}

import type { CallContext, Metadata } from '@rhythm/grpc';
import { chosenAuditId } from '../http/audit-id.ts';
import type { Caller } from '../ports/types.ts';

/** The caller of a gRPC call: its certificate, and its metadata as headers. */
export function callerOf(context: Pick<CallContext, 'metadata' | 'identity'> & Partial<Pick<CallContext, 'peer'>>): Caller {
  const headers = headersOf(context.metadata);
  const address = addressOf(context.peer ?? '');
  const given = chosenAuditId(headers.find(([key]) => key === 'audit-id')?.[1]);
  return {
    ...(address === '' ? {} : { address }),
    ...(context.identity === undefined ? {} : { certificate: context.identity }),
    ...(given === undefined ? {} : { auditId: given }),
    header: (name) => headers.find(([key]) => key === name)?.[1],
    headersWith: (prefix) => headers.filter(([key]) => key.startsWith(prefix)),
  };
}

/** Without the port; nothing for a socket of the machine. */
function addressOf(peer: string): string {
  const at = peer.lastIndexOf(':');
  return peer.startsWith('unix:') || at === -1 ? '' : peer.slice(0, at).replace(/^\[(.*)\]$/, '$1');
}

/** Names in lower case, one pair per value; binary metadata is left out. */
function headersOf(metadata: Metadata): ReadonlyArray<readonly [string, string]> {
  return Object.keys(metadata.getMap()).flatMap((key) => metadata.get(key).flatMap((value) => (typeof value === 'string' ? valuesOf(key, value).map((one) => [key, one] as const) : [])));
}

/** HTTP/2 puts repeated metadata into one value, with commas. Of the names that may be repeated the values are taken apart again; each needs a right of its own. */
function valuesOf(key: string, value: string): string[] {
  return key === 'impersonate-group' || key.startsWith('impersonate-extra-') ? value.split(', ') : [value];
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

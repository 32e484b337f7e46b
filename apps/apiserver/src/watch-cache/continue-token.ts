import { ApiError } from '@rhythm/api';

/** Where a paged list goes on. `revision` -1: at whatever is current (after the first revision was lost). */
export interface ContinueToken {
  readonly revision: number;
  /** First key of the next page. */
  readonly start: string;
}

/** Opaque to clients: JSON in base64url, with the key relative to the list's prefix. */
export function encodeContinue(prefix: string, token: ContinueToken): string {
  return Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: token.revision, start: token.start.slice(prefix.length) })).toString('base64url');
}

/** @throws ApiError BadRequest for anything that `encodeContinue` would not have written. */
export function decodeContinue(prefix: string, text: string): ContinueToken {
  const refuse = (): ApiError => new ApiError('BadRequest', 'invalid continue token');
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(text, 'base64url').toString());
  } catch {
    throw refuse();
  }
  if (typeof parsed !== 'object' || parsed === null) throw refuse();
  const { v, rv, start } = parsed as { v?: unknown; rv?: unknown; start?: unknown };
  if (v !== 'meta.k8s.io/v1' || typeof start !== 'string' || typeof rv !== 'number' || !Number.isSafeInteger(rv) || rv === 0 || rv < -1) throw refuse();
  if (start === '' || start.startsWith('/') || start.split('/').some((part) => part === '' || part === '.' || part === '..')) throw refuse();
  return { revision: rv, start: `${prefix}${start}` };
}

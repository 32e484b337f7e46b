import { CompactSign, compactVerify } from 'jose';
import { decodeClaims, encodeClaims, InvalidTokenError, type TokenClaims } from './claims.ts';
import type { TokenKeys } from './keys.ts';

/** Longer bearer tokens are not looked at. */
export const tokenLengthMax = 16 * 1024;

/** Signs `claims` with ES256. */
export async function signToken(claims: TokenClaims, keys: TokenKeys, nowMs: number): Promise<string> {
  const payload = new TextEncoder().encode(JSON.stringify(encodeClaims(claims, Math.floor(nowMs / 1000))));
  return new CompactSign(payload).setProtectedHeader({ alg: 'ES256', kid: keys.keyId }).sign(keys.privateKey);
}

/** The claims of a token that one of our keys signed with ES256, the one that it names; no other algorithm is accepted. Times and audiences are the caller's to check. */
export async function verifySignature(token: string, keys: TokenKeys): Promise<TokenClaims> {
  if (token.length > tokenLengthMax) throw new InvalidTokenError('the token is too long');
  let payload: Uint8Array;
  try {
    ({ payload } = await compactVerify(token, ({ kid }) => (keys.all.find(({ keyId }) => keyId === kid) ?? keys).publicKey, { algorithms: ['ES256'] }));
  } catch (error) {
    throw new InvalidTokenError('the signature does not verify', { cause: error });
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder().decode(payload));
  } catch (error) {
    throw new InvalidTokenError('the payload is not JSON', { cause: error });
  }
  return decodeClaims(parsed);
}

/**
 * The issuer that a token claims, without any verification; `undefined` when it is not a JWT. Only to decide whether the
 * token is meant for us.
 */
export function claimedIssuer(token: string): string | undefined {
  const [, payload, signature] = token.split('.');
  if (payload === undefined || signature === undefined || token.length > tokenLengthMax) return undefined;
  try {
    const parsed: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
    const issuer = typeof parsed === 'object' && parsed !== null ? (parsed as { iss?: unknown }).iss : undefined;
    return typeof issuer === 'string' ? issuer : undefined;
  } catch {
    return undefined;
  }
}

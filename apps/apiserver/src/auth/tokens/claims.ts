/** An object by name and uid, as a token names it. */
export interface ClaimRef {
  readonly name: string;
  readonly uid: string;
}

/** What a service-account token says (KEP-1205 bound tokens, KEP-4193 node claims). Times are seconds since the epoch. */
export interface TokenClaims {
  readonly issuer: string;
  readonly subject: string;
  readonly audiences: readonly string[];
  readonly expiresAt: number;
  readonly notBefore: number;
  readonly id: string;
  readonly namespace: string;
  readonly serviceAccount: ClaimRef;
  readonly pod?: ClaimRef;
  readonly secret?: ClaimRef;
  readonly node?: ClaimRef;
}

/** Why a token cannot be a valid one; its text is safe to show. */
export class InvalidTokenError extends Error {
  override readonly name = 'InvalidTokenError';
}

/** The JWT payload of `claims`. */
export function encodeClaims(claims: TokenClaims, issuedAt: number): object {
  return {
    aud: claims.audiences,
    exp: claims.expiresAt,
    iat: issuedAt,
    iss: claims.issuer,
    jti: claims.id,
    'kubernetes.io': {
      namespace: claims.namespace,
      ...(claims.node === undefined ? {} : { node: withUid(claims.node) }),
      ...(claims.pod === undefined ? {} : { pod: claims.pod }),
      ...(claims.secret === undefined ? {} : { secret: claims.secret }),
      serviceaccount: claims.serviceAccount,
    },
    nbf: claims.notBefore,
    sub: claims.subject,
  };
}

function withUid(ref: ClaimRef): object {
  return ref.uid === '' ? { name: ref.name } : ref;
}

/** Reads a payload whose signature has been verified. Throws `InvalidTokenError` for anything of another shape. */
export function decodeClaims(payload: unknown): TokenClaims {
  const claims = record(payload, 'payload');
  const kubernetes = record(claims['kubernetes.io'], 'kubernetes.io');
  const audience = claims['aud'];
  const audiences = typeof audience === 'string' ? [audience] : audience;
  if (!Array.isArray(audiences) || !audiences.every((item): item is string => typeof item === 'string')) throw new InvalidTokenError('aud is not a list of strings');
  const pod = optionalRef(kubernetes['pod'], 'pod');
  const secret = optionalRef(kubernetes['secret'], 'secret');
  const node = optionalRef(kubernetes['node'], 'node');
  return {
    issuer: text(claims['iss'], 'iss'),
    subject: text(claims['sub'], 'sub'),
    audiences,
    expiresAt: seconds(claims['exp'], 'exp'),
    notBefore: seconds(claims['nbf'], 'nbf'),
    id: text(claims['jti'], 'jti'),
    namespace: text(kubernetes['namespace'], 'namespace'),
    serviceAccount: ref(kubernetes['serviceaccount'], 'serviceaccount'),
    ...(pod === undefined ? {} : { pod }),
    ...(secret === undefined ? {} : { secret }),
    ...(node === undefined ? {} : { node }),
  };
}

function record(value: unknown, name: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new InvalidTokenError(`${name} is not an object`);
  return value as Record<string, unknown>;
}

function text(value: unknown, name: string): string {
  if (typeof value !== 'string' || value === '') throw new InvalidTokenError(`${name} is missing`);
  return value;
}

function seconds(value: unknown, name: string): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new InvalidTokenError(`${name} is not a number`);
  return value;
}

function ref(value: unknown, name: string): ClaimRef {
  const { name: objectName, uid } = record(value, name);
  return { name: text(objectName, `${name}.name`), uid: uid === undefined ? '' : text(uid, `${name}.uid`) };
}

function optionalRef(value: unknown, name: string): ClaimRef | undefined {
  return value === undefined ? undefined : ref(value, name);
}

import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { durationMs } from '../compaction/retention.ts';

/** How tokens are made (`--auth-token`, as etcd's flag). */
export type TokenOptions =
  | { readonly kind: 'simple' }
  | {
      readonly kind: 'jwt';
      readonly algorithm: string;
      /** Absent on a member that only verifies: it cannot sign anybody in. */
      readonly signingKey: KeyObject | Uint8Array | undefined;
      readonly verifyingKey: KeyObject | Uint8Array;
      readonly ttlSeconds: number;
    };

const ttlSecondsDefault = 300;
const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'HS256', 'HS384', 'HS512', 'EdDSA'];
const names = ['sign-method', 'pub-key', 'priv-key', 'ttl'];
/** The shortest secret for HMAC that the standard allows is as long as its hash (RFC 7518, 3.2). */
const hmacBytesMin = 32;

/**
 * Parses `simple` or `jwt,sign-method=…,pub-key=FILE,priv-key=FILE,ttl=5m`. Throws with a sentence that names what is wrong,
 * never what is in a key.
 */
export function parseTokenOptions(text: string, readFile: (path: string) => Uint8Array): TokenOptions {
  const [kind, ...pairs] = text.split(',');
  if (kind === 'simple') {
    if (pairs.length > 0) throw new Error('--auth-token: simple takes no options');
    return { kind };
  }
  if (kind !== 'jwt') throw new Error('--auth-token: neither simple nor jwt');
  const options = parsePairs(pairs);
  const algorithm = options.get('sign-method') ?? '';
  if (!algorithms.includes(algorithm)) throw new Error(`--auth-token: sign-method must be one of ${algorithms.join(', ')}`);
  const ttl = options.get('ttl');
  const ttlSeconds = ttl === undefined ? ttlSecondsDefault : durationSeconds(ttl);
  const [privatePem, publicPem] = ['priv-key', 'pub-key'].map((name) => {
    const path = options.get(name);
    return path === undefined ? undefined : readFile(path);
  });
  if (algorithm.startsWith('HS')) {
    if (privatePem === undefined) throw new Error(`--auth-token: ${algorithm} needs priv-key`);
    if (privatePem.length < hmacBytesMin) throw new Error(`--auth-token: the key for ${algorithm} is shorter than ${hmacBytesMin} bytes`);
    return { kind, algorithm, signingKey: privatePem, verifyingKey: privatePem, ttlSeconds };
  }
  const signingKey = privatePem === undefined ? undefined : key('priv-key', () => createPrivateKey(Buffer.from(privatePem)));
  const given = publicPem === undefined ? undefined : key('pub-key', () => createPublicKey(Buffer.from(publicPem)));
  const derived = signingKey === undefined ? undefined : createPublicKey(signingKey);
  const verifyingKey = given ?? derived;
  if (verifyingKey === undefined) throw new Error(`--auth-token: ${algorithm} needs priv-key or pub-key`);
  if (derived !== undefined && !derived.equals(verifyingKey)) throw new Error('--auth-token: pub-key and priv-key do not belong together');
  checkType(algorithm, verifyingKey);
  return { kind, algorithm, signingKey, verifyingKey, ttlSeconds };
}

function parsePairs(pairs: readonly string[]): Map<string, string> {
  const options = new Map<string, string>();
  for (const pair of pairs) {
    const [name = '', value, ...rest] = pair.split('=');
    if (!names.includes(name) || value === undefined || rest.length > 0) throw new Error(`--auth-token: jwt takes ${names.join(', ')}, each as name=value`);
    if (options.has(name)) throw new Error(`--auth-token: ${name} is given twice`);
    options.set(name, value);
  }
  return options;
}

function key(name: string, make: () => KeyObject): KeyObject {
  try {
    return make();
  } catch (error) {
    throw new Error(`--auth-token: ${name} holds no key (PEM)`, { cause: error });
  }
}

function checkType(algorithm: string, { asymmetricKeyType: type }: KeyObject): void {
  const wanted = algorithm.startsWith('ES') ? ['ec'] : algorithm === 'EdDSA' ? ['ed25519'] : ['rsa', 'rsa-pss'];
  if (!wanted.includes(type ?? '')) throw new Error(`--auth-token: ${algorithm} needs a key of the kind ${wanted.join(' or ')}, not ${type}`);
}

/** @throws Error for what is no duration, or less than a second */
function durationSeconds(text: string): number {
  const ms = durationMs(text);
  if (ms === undefined) throw new Error('--auth-token: ttl must be a duration such as 5m or 1h30m');
  if (ms < 1000) throw new Error('--auth-token: ttl must be at least 1s');
  return Math.floor(ms / 1000);
}

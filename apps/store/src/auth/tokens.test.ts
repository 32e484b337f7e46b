import { generateKeyPairSync } from 'node:crypto';
import { expect, test } from 'vitest';
import { VirtualClock } from '@rhythm/base';
import { AuthError } from './errors.ts';
import { JwtTokens } from './jwt-tokens.ts';
import { Passwords, checkedHash } from './passwords.ts';
import { newSecret, SimpleTokens } from './simple-tokens.ts';
import { parseTokenOptions, type TokenOptions } from './token-options.ts';

const kind = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work;
    return 'yes';
  } catch (error) {
    if (error instanceof AuthError) return error.kind;
    throw error;
  }
};

test('a simple token lasts as long as it is used', async () => {
  const clock = new VirtualClock();
  const tokens = new SimpleTokens(clock, 1000);
  const { secret, digest } = newSecret();
  expect(secret).toMatch(/^[a-zA-Z]{16}$/);
  tokens.assign(digest, 7, 'alice');
  expect(tokens.userOf(`${secret}.7`)).toBe('alice');
  expect(tokens.userOf(`${secret}.8`)).toBeUndefined();
  expect(tokens.userOf(secret)).toBeUndefined();
  await clock.advance(900);
  expect(tokens.userOf(`${secret}.7`)).toBe('alice');
  await clock.advance(900);
  expect(tokens.userOf(`${secret}.7`)).toBe('alice');
  await clock.advance(1001);
  expect(tokens.userOf(`${secret}.7`)).toBeUndefined();
  expect(tokens.size).toBe(0);
});

test('simple tokens go with their user', () => {
  const tokens = new SimpleTokens(new VirtualClock(), 1000);
  const [one, two] = [newSecret(), newSecret()];
  tokens.assign(one.digest, 1, 'alice');
  tokens.assign(two.digest, 2, 'bob');
  tokens.forget('alice');
  expect(tokens.userOf(`${one.secret}.1`)).toBeUndefined();
  expect(tokens.userOf(`${two.secret}.2`)).toBe('bob');
  tokens.clear();
  expect(tokens.size).toBe(0);
});

const files = new Map<string, Uint8Array>();
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const other = generateKeyPairSync('ec', { namedCurve: 'P-256' });
files.set('key', Buffer.from(privateKey.export({ type: 'pkcs8', format: 'pem' })));
files.set('pub', Buffer.from(publicKey.export({ type: 'spki', format: 'pem' })));
files.set('other', Buffer.from(other.publicKey.export({ type: 'spki', format: 'pem' })));
files.set('secret', Buffer.from('0123456789abcdef0123456789abcdef'));
files.set('short', Buffer.from('short'));

const options = (text: string): TokenOptions =>
  parseTokenOptions(text, (path) => {
    const found = files.get(path);
    if (found === undefined) throw new Error(`no file ${path}`);
    return found;
  });
const jwt = (text: string, clock: VirtualClock): JwtTokens => {
  const parsed = options(text);
  if (parsed.kind !== 'jwt') throw new Error('not jwt');
  return new JwtTokens(parsed, clock);
};

test('a signed token is verified by whoever has the public key, until its time is over', async () => {
  const clock = new VirtualClock();
  const signer = jwt('jwt,sign-method=ES256,priv-key=key,ttl=1m', clock);
  const verifier = jwt('jwt,sign-method=ES256,pub-key=pub', clock);
  const token = await signer.sign('alice', 5);
  expect(await verifier.verify(token)).toEqual({ user: 'alice', authRevision: 5n, internal: false });
  expect(await verifier.verify(token)).toEqual({ user: 'alice', authRevision: 5n, internal: false });
  expect(await kind(verifier.sign('alice', 5))).toBe('VerifyOnly');
  expect(await kind(jwt('jwt,sign-method=ES256,pub-key=other', clock).verify(token))).toBe('InvalidAuthToken');
  const [head, body, signature] = token.split('.');
  const forged = Buffer.from(JSON.stringify({ ...JSON.parse(Buffer.from(body ?? '', 'base64url').toString()), username: 'root' })).toString('base64url');
  expect(await kind(verifier.verify(`${head}.${forged}.${signature}`))).toBe('InvalidAuthToken');
  const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${body}.`;
  expect(await kind(verifier.verify(unsigned))).toBe('InvalidAuthToken');
  expect(await kind(verifier.verify('nonsense'))).toBe('InvalidAuthToken');
  await clock.advance(61_000);
  expect(await kind(verifier.verify(token))).toBe('InvalidAuthToken');
});

test('a token signed by another method with the public key as secret is refused', async () => {
  const clock = new VirtualClock();
  const confused = await jwt('jwt,sign-method=HS256,priv-key=secret', clock).sign('root', 1);
  expect(await kind(jwt('jwt,sign-method=ES256,pub-key=pub', clock).verify(confused))).toBe('InvalidAuthToken');
});

test('says what is wrong with its options', () => {
  expect(options('simple')).toEqual({ kind: 'simple' });
  expect(options('jwt,sign-method=ES256,priv-key=key,pub-key=pub,ttl=1h30m')).toMatchObject({ algorithm: 'ES256', ttlSeconds: 5400 });
  expect(options('jwt,sign-method=ES256,priv-key=key')).toMatchObject({ ttlSeconds: 300 });
  for (const [text, message] of [
    ['', 'neither simple nor jwt'],
    ['jwt', 'sign-method must be one of'],
    ['jwt,sign-method=none', 'sign-method must be one of'],
    ['jwt,sign-method=ES256', 'needs priv-key or pub-key'],
    ['jwt,sign-method=ES256,priv-key=key,pub-key=other', 'do not belong together'],
    ['jwt,sign-method=RS256,priv-key=key', 'needs a key of the kind rsa'],
    ['jwt,sign-method=ES256,priv-key=secret', 'holds no key'],
    ['jwt,sign-method=HS256,priv-key=short', 'shorter than 32 bytes'],
    ['jwt,sign-method=HS256,pub-key=pub', 'needs priv-key'],
    ['jwt,sign-method=ES256,priv-key=key,ttl=soon', 'ttl must be a duration'],
    ['jwt,sign-method=ES256,priv-key=key,ttl=0s', 'at least 1s'],
    ['jwt,sign-method=ES256,sign-method=ES256', 'given twice'],
    ['jwt,__proto__=x', 'jwt takes'],
  ] as const) {
    expect(() => options(text)).toThrow(message);
  }
});

test('passwords are kept as hashes of bcrypt', async () => {
  const passwords = new Passwords(4);
  const hash = await passwords.hash('käse');
  const stored = Buffer.from(hash, 'base64');
  expect(stored.toString()).toMatch(/^\$2b\$04\$/);
  expect(await passwords.matches('käse', stored)).toBe(true);
  expect(await passwords.matches('kase', stored)).toBe(false);
  expect(await passwords.matches('', new Uint8Array(0))).toBe(false);
  // As etcd writes it: the same algorithm under its older name.
  expect(await passwords.matches('käse', Buffer.from(stored.toString().replace('$2b$', '$2a$')))).toBe(true);
  expect(await kind(passwords.hash('x'.repeat(73)))).toBe('PasswordTooLong');
  expect(checkedHash(hash)).toBe(hash);
  expect(() => checkedHash(Buffer.from('plain').toString('base64'))).toThrow('is not a bcrypt hash');
});

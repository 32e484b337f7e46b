import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { seededRandom, systemClock } from '@rhythm/base';
import { createAuthority } from '@rhythm/pki';

/** For tests: an issuer of identity tokens on the loopback. */
export interface TestIssuer {
  readonly url: string;
  readonly ca: string;
  /** The paths that were asked for. */
  readonly asked: string[];
  /** A token with these claims besides `iss` and `exp`. */
  token(claims: Readonly<Record<string, unknown>>, nowMs: number): Promise<string>;
  stop(): void;
}

/** `documentAt`: where its discovery document is. */
export async function startIssuer(documentAt = '/.well-known/openid-configuration'): Promise<TestIssuer> {
  const authority = await createAuthority('issuer-ca', { clock: systemClock, random: seededRandom(1) });
  const pair = await authority.issue({ commonName: 'issuer', ipAddresses: ['127.0.0.1'], usages: ['server'] });
  const keys = await generateKeyPair('ES256');
  const jwk = { ...(await exportJWK(keys.publicKey)), kid: 'k1', alg: 'ES256' };
  const asked: string[] = [];
  let url = '';
  const server = createServer({ cert: pair.certPem, key: pair.keyPem }, ({ url: path = '' }, response) => {
    asked.push(path);
    const documents = new Map<string, object>([['/keys', { keys: [jwk] }], [documentAt, { issuer: url, jwks_uri: `${url}/keys` }]]);
    response.writeHead(documents.has(path) ? 200 : 404, { 'content-type': 'application/json' }).end(JSON.stringify(documents.get(path) ?? {}));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    ca: authority.certPem,
    asked,
    token: (claims, nowMs) => new SignJWT({ iss: url, exp: Math.floor(nowMs / 1000) + 600, ...claims }).setProtectedHeader({ alg: 'ES256', kid: 'k1' }).sign(keys.privateKey),
    stop: () => void server.close(),
  };
}

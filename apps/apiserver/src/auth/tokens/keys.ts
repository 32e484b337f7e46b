import { createHash, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';

/** The key pair that signs and verifies service-account tokens. */
export interface TokenKeys {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  /** Names the key in token headers and in the key set: the SHA-256 of the public key's DER, base64url, as Kubernetes does. */
  readonly keyId: string;
}

/** Reads a P-256 private key in PEM. Throws when it is not one. The message never holds key material. */
export function tokenKeysFromPem(pem: string): TokenKeys {
  let privateKey: KeyObject;
  try {
    privateKey = createPrivateKey(pem);
  } catch (error) {
    throw new Error('the service-account key file does not hold a private key in PEM', { cause: error });
  }
  if (privateKey.asymmetricKeyType !== 'ec' || privateKey.asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
    throw new Error('the service-account key is not a P-256 key, which ES256 needs');
  }
  const publicKey = createPublicKey(privateKey);
  const keyId = createHash('sha256').update(publicKey.export({ type: 'spki', format: 'der' })).digest('base64url');
  return { privateKey, publicKey, keyId };
}

/** The public key as a JSON Web Key Set, for `/openid/v1/jwks`. */
export function keySet(keys: TokenKeys): { keys: object[] } {
  const { kty, crv, x, y } = keys.publicKey.export({ format: 'jwk' });
  return { keys: [{ use: 'sig', kty, kid: keys.keyId, crv, alg: 'ES256', x, y }] };
}

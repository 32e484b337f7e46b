import { createHash, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';

export interface VerifyingKey {
  readonly publicKey: KeyObject;
  /** Names the key in token headers and in the key set: the SHA-256 of the public key's DER, base64url, as Kubernetes does. */
  readonly keyId: string;
}

/** The key pair that signs service-account tokens, and all that verify them: its own first, then those of before, or to come. */
export interface TokenKeys extends VerifyingKey {
  readonly privateKey: KeyObject;
  readonly all: readonly VerifyingKey[];
}

const keysMax = 16;
const pemBlock = /-----BEGIN ([A-Z ]*(?:PRIVATE|PUBLIC) KEY)-----[^-]+-----END \1-----/g;

/**
 * Reads P-256 keys in PEM: a private key that signs, then others, private or public, by which tokens are good as well.
 * Throws when one is of another kind. The message never holds key material.
 */
export function tokenKeysFromPem(pem: string): TokenKeys {
  const blocks = [...pem.matchAll(pemBlock)].map(([block, type = '']) => ({ block, isPrivate: type.endsWith('PRIVATE KEY') }));
  const [first] = blocks;
  if (first?.isPrivate !== true) throw new Error('the service-account key file does not hold a private key in PEM');
  if (blocks.length > keysMax) throw new Error(`the service-account key file holds more than ${keysMax} keys`);
  const privateKey = parsed(() => createPrivateKey(first.block));
  const all = blocks.map(({ block, isPrivate }) => verifying(isPrivate ? createPublicKey(parsed(() => createPrivateKey(block))) : parsed(() => createPublicKey(block))));
  return { privateKey, all, ...(all[0] ?? verifying(createPublicKey(privateKey))) };
}

function parsed(parse: () => KeyObject): KeyObject {
  let key: KeyObject;
  try {
    key = parse();
  } catch (error) {
    throw new Error('the service-account key file does not hold a private key in PEM', { cause: error });
  }
  if (key.asymmetricKeyType !== 'ec' || key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
    throw new Error('the service-account key is not a P-256 key, which ES256 needs');
  }
  return key;
}

function verifying(publicKey: KeyObject): VerifyingKey {
  return { publicKey, keyId: createHash('sha256').update(publicKey.export({ type: 'spki', format: 'der' })).digest('base64url') };
}

/** The public keys as a JSON Web Key Set, for `/openid/v1/jwks`. */
export function keySet(keys: TokenKeys): { keys: object[] } {
  return {
    keys: keys.all.map(({ publicKey, keyId }) => {
      const { kty, crv, x, y } = publicKey.export({ format: 'jwk' });
      return { use: 'sig', kty, kid: keyId, crv, alg: 'ES256', x, y };
    }),
  };
}

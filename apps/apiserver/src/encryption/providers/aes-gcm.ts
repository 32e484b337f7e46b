import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { Random } from '@rhythm/base';
import type { Cipher } from './keyed.ts';

const nonceBytes = 12;
const tagBytes = 16;

/**
 * AES-GCM with a random nonce before and the tag behind the ciphertext; the storage key is authenticated with it. Key of 16, 24 or 32 bytes.
 * One key is good for 2^32 values (NIST SP 800-38D, 8.3): rotate before.
 */
export function aesGcm(secret: Uint8Array, random: Pick<Random, 'bytes'>): Cipher {
  const algorithm = `aes-${secret.length * 8}-gcm` as 'aes-256-gcm';
  return {
    seal(plain, key) {
      const nonce = random.bytes(nonceBytes);
      const cipher = createCipheriv(algorithm, secret, nonce);
      cipher.setAAD(Buffer.from(key));
      const body = cipher.update(plain);
      cipher.final();
      return Buffer.concat([nonce, body, cipher.getAuthTag()]);
    },
    open(sealed, key) {
      if (sealed.length < nonceBytes + tagBytes) throw new Error('the stored data was shorter than the required size');
      const decipher = createDecipheriv(algorithm, secret, sealed.subarray(0, nonceBytes), { authTagLength: tagBytes });
      decipher.setAAD(Buffer.from(key));
      decipher.setAuthTag(sealed.subarray(sealed.length - tagBytes));
      const plain = decipher.update(sealed.subarray(nonceBytes, sealed.length - tagBytes));
      try {
        decipher.final();
      } catch {
        throw new Error('cipher: message authentication failed');
      }
      return plain;
    },
  };
}

import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { Random } from '@rhythm/base';
import type { Cipher } from './keyed.ts';

const blockBytes = 16;

/**
 * AES-CBC with PKCS #7 padding and a random initialisation vector before the ciphertext. It hides and does not authenticate: who can write to the store can
 * change values or swap them. Kept for clusters that have it; `aesgcm` or `kms` is what to choose.
 */
export function aesCbc(secret: Uint8Array, random: Pick<Random, 'bytes'>): Cipher {
  const algorithm = `aes-${secret.length * 8}-cbc`;
  return {
    seal(plain) {
      const vector = random.bytes(blockBytes);
      const cipher = createCipheriv(algorithm, secret, vector);
      return Buffer.concat([vector, cipher.update(plain), cipher.final()]);
    },
    open(sealed) {
      if (sealed.length < blockBytes) throw new Error('the stored data was shorter than the required size');
      if (sealed.length % blockBytes !== 0) throw new Error(`the stored data is not a multiple of the block size`);
      const decipher = createDecipheriv(algorithm, secret, sealed.subarray(0, blockBytes));
      try {
        return Buffer.concat([decipher.update(sealed.subarray(blockBytes)), decipher.final()]);
      } catch {
        throw new Error('invalid padding on input');
      }
    },
  };
}

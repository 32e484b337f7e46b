import { xsalsa20poly1305 } from '@noble/ciphers/salsa.js';
import type { Random } from '@rhythm/base';
import type { Cipher } from './keyed.ts';

const nonceBytes = 24;
const tagBytes = 16;

/** NaCl's secretbox (XSalsa20 and Poly1305): the nonce, then the tag and the ciphertext. Authenticated, but not bound to its place. Key of 32 bytes. */
export function secretbox(secret: Uint8Array, random: Pick<Random, 'bytes'>): Cipher {
  return {
    seal(plain) {
      const nonce = random.bytes(nonceBytes);
      return Buffer.concat([nonce, xsalsa20poly1305(secret, nonce).encrypt(plain)]);
    },
    open(sealed) {
      if (sealed.length < nonceBytes + tagBytes) throw new Error('the stored data was shorter than the required size');
      try {
        return xsalsa20poly1305(secret, sealed.subarray(0, nonceBytes)).decrypt(sealed.subarray(nonceBytes));
      } catch {
        throw new Error('tag mismatch');
      }
    },
  };
}

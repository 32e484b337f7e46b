import { createHmac } from 'node:crypto';
import type { Random } from '@rhythm/base';
import { aesGcm } from '../providers/aes-gcm.ts';
import type { Cipher } from '../providers/keyed.ts';

export const seedBytes = 32;
const infoBytes = 32;

/**
 * KMS v2's cipher: every value has an AES-256-GCM key of its own, made by HKDF-Expand with SHA-256 (RFC 5869, 2.3) from the seed and 32 random bytes that
 * stand before the value. The nonce of GCM is thereby so long that one seed is good for any number of values.
 */
export function seededCipher(seed: Uint8Array, random: Pick<Random, 'bytes'>): Cipher {
  if (seed.length < seedBytes) throw new Error(`invalid seed length ${seed.length} used for key generation`);
  return {
    seal(plain, key) {
      const info = random.bytes(infoBytes);
      return Buffer.concat([info, aesGcm(derived(seed, info), random).seal(plain, key)]);
    },
    open(sealed, key) {
      if (sealed.length < infoBytes) throw new Error('the stored data was shorter than the required size');
      return aesGcm(derived(seed, sealed.subarray(0, infoBytes)), random).open(sealed.subarray(infoBytes), key);
    },
  };
}

/** The first block of HKDF-Expand, which is all that a key of 32 bytes needs. */
export function derived(seed: Uint8Array, info: Uint8Array): Uint8Array {
  return createHmac('sha256', seed).update(info).update(Uint8Array.of(1)).digest();
}

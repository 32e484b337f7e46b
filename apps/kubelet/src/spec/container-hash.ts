import type { Container } from '@rhythm/api/types/core-v1';

/**
 * Changes when a container must be replaced: by its image, the only field that may change in a running pod and needs a new container.
 * FNV-1a, 32 bits: compared only with the hash of an earlier version of the same container.
 */
export function containerHash(container: Pick<Container, 'name' | 'image'>): string {
  let hash = 0x811c9dc5;
  for (const character of `${container.name}\n${container.image ?? ''}`) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  }
  return hash.toString(16).padStart(8, '0');
}

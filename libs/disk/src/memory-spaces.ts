import { memorySpace, type MemorySpace } from './memory-space.ts';
import type { Spaces } from './spaces.ts';

/** Key spaces in memory that can lose power. */
export interface MemorySpaces extends Spaces {
  /** The current space loses what was not synced, but for the first `keep` batches of it. */
  crash(keep?: number): void;
}

export function memorySpaces(): MemorySpaces {
  let current: MemorySpace = memorySpace();
  return {
    open: async () => current.open(),
    prepare: async () => {
      const next = memorySpace();
      return {
        space: next.open(),
        adopt: async () => {
          current = next;
        },
        discard: async () => undefined,
      };
    },
    clean: async () => undefined,
    crash: (keep = 0) => current.crash(keep),
  };
}

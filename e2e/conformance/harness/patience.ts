import { inject } from 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    /** What the server of this project does with objects: everything, or nothing. */
    semantics: 'kubernetes' | 'none';
  }
}

/** Without semantics nothing comes by itself: rows fail fast. */
export const semantics = inject('semantics');

/** How long something may take that comes by itself. */
export const patienceMs = semantics === 'none' ? 700 : 120_000;

/** How long a row may take. */
export const rowMs = semantics === 'none' ? 6_000 : 240_000;

/** Gives up on a promise. @throws when it takes longer. */
export async function within<T>(work: Promise<T>, what: string | (() => string), timeoutMs = patienceMs): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${typeof what === 'string' ? what : what()}: not within ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

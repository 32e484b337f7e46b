import { overloads, type Overload } from '../check/overload.ts';
import { perCharacter } from '../run/budget.ts';

/** Kubernetes' helper for paths in patches (RFC 6901). */
export const jsonPatches: readonly Overload[] = overloads([
  ['jsonpatch.escapeKey(string): string', (key: string) => key.replaceAll('~', '~0').replaceAll('/', '~1'), ([size = 1]) => Math.max(1, size * perCharacter), ([size = 1]) => 2 * size],
]);

import { toError } from '@rhythm/base';

/**
 * Runs `count` actions in batches of 1, 2, 4, …, and stops after a batch in which one failed: a quota or an admission rule
 * that refuses one pod refuses them all, and should not be asked five hundred times (kube-controller-manager's slowStartBatch).
 * Gives the first error. `skipped` is told how many actions failed or were not tried.
 */
export async function slowStart(count: number, action: (index: number) => Promise<void>, skipped: (count: number) => void, firstBatch = 1): Promise<Error | undefined> {
  let started = 0;
  for (let size = Math.min(count, firstBatch); size > 0; size = Math.min(2 * size, count - started)) {
    const batch = Array.from({ length: size }, (_, i) => action(started + i));
    const results = await Promise.allSettled(batch);
    started += size;
    const failures = results.filter((result) => result.status === 'rejected');
    if (failures.length > 0) {
      skipped(count - started + failures.length);
      return toError(failures[0]?.reason);
    }
  }
  return undefined;
}

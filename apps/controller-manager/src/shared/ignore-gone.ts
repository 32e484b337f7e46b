import { hasReason } from '@rhythm/api';

/** For `catch` after a delete or patch with preconditions: the object is gone, or is another one by now. Anything else is thrown on. */
export function ignoreGone(error: unknown): void {
  if (!hasReason(error, 'NotFound') && !hasReason(error, 'Conflict')) throw error;
}

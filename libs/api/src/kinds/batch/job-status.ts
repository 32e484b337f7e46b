import type { Job } from '../../gen/types/batch-v1.ts';
import type { FieldError } from '../../status.ts';
import { invalidValue } from '../../validation/field-error.ts';
import { immutable, nonNegative } from '../../validation/values.ts';

const lasting = ['Complete', 'Failed', 'FailureTarget', 'SuccessCriteriaMet'];

/** What is counted is only counted up, and what has ended does not begin again. */
export function validateJobStatus({ status }: Job, { status: old }: Job): FieldError[] {
  const errors = (['active', 'succeeded', 'failed', 'ready', 'terminating'] as const).flatMap((field) => nonNegative(status?.[field], `status.${field}`));
  for (const field of ['succeeded', 'failed'] as const) {
    if ((status?.[field] ?? 0) < (old?.[field] ?? 0)) errors.push(invalidValue(`status.${field}`, status?.[field] ?? 0, `cannot decrease the ${field} counter`));
  }
  const now = trueOf(status);
  const before = trueOf(old);
  for (const type of lasting) if (before.has(type) && !now.has(type)) errors.push(invalidValue('status.conditions', status?.conditions ?? [], `cannot disable the terminal ${type}=True condition`));
  if (now.has('Complete') && now.has('Failed')) errors.push(invalidValue('status.conditions', status?.conditions, 'cannot set Complete=True and Failed=true conditions'));
  return old?.completionTime === undefined ? errors : [...errors, ...immutable(status?.completionTime, old.completionTime, 'status.completionTime')];
}

function trueOf(status: Job['status'] | undefined): ReadonlySet<string> {
  return new Set((status?.conditions ?? []).filter((c) => c.status === 'True').map((c) => c.type));
}

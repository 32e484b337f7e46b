import type { ReplicationController } from '../../gen/types/core-v1.ts';
import type { FieldError } from '../../status.ts';
import { required } from '../../validation/field-error.ts';
import { nonNegative } from '../../validation/values.ts';
import { validateWorkloadTemplate } from '../pod-spec/template.ts';

export function validateReplicationController({ spec }: ReplicationController): FieldError[] {
  const errors = nonNegative(spec.minReadySeconds, 'spec.minReadySeconds');
  if (Object.keys(spec.selector ?? {}).length === 0) errors.push(required('spec.selector'));
  errors.push(...nonNegative(spec.replicas, 'spec.replicas'));
  return [...errors, ...validateWorkloadTemplate(spec.template, { matchLabels: spec.selector ?? {} }, 'spec.template', 'ReplicationController')];
}

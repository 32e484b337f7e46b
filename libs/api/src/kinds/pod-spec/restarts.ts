import type { Container, ContainerRestartRule, PodSpec } from '../../gen/types/core-v1.ts';
import type { FieldError } from '../../status.ts';
import { at, child, duplicate, forbidden, invalidValue, required, tooLong } from '../../validation/field-error.ts';
import { each, oneOf } from '../../validation/values.ts';

const rulesMax = 20;
const exitCodesMax = 255;

/** When a container starts again by itself: by its own policy, by its exit code, and when its resources change. */
export function validateRestarts(container: Container, spec: PodSpec, path: string): FieldError[] {
  const { restartPolicy, restartPolicyRules: rules = [] } = container;
  const field = child(path, 'restartPolicyRules');
  const errors = [...validateResizePolicy(container, spec, child(path, 'resizePolicy')), ...oneOf(restartPolicy, child(path, 'restartPolicy'), ['Always', 'Never', 'OnFailure'])];
  if (rules.length === 0) return errors;
  if (restartPolicy === undefined) errors.push(required(child(path, 'restartPolicy'), 'must specify restartPolicy when restart rules are used'));
  if (rules.length > rulesMax) errors.push(tooLong(field, rulesMax));
  return [...errors, ...each(rules, field, validateRule)];
}

/** A sidecar restarts always: there is nothing to decide. */
export function validateSidecarRules({ restartPolicy, restartPolicyRules }: Container, path: string): FieldError[] {
  const both = restartPolicy === 'Always' && (restartPolicyRules ?? []).length > 0;
  return both ? [forbidden(child(path, 'restartPolicyRules'), 'restartPolicyRules are not allowed when restartPolicy is Always')] : [];
}

function validateRule({ action, exitCodes }: ContainerRestartRule, path: string): FieldError[] {
  const errors = oneOf(action, child(path, 'action'), ['Restart'], 'required');
  const field = child(path, 'exitCodes');
  if (exitCodes === undefined) return [...errors, required(field, 'must be specified')];
  errors.push(...oneOf(exitCodes.operator, child(field, 'operator'), ['In', 'NotIn'], 'required'));
  return (exitCodes.values ?? []).length > exitCodesMax ? [...errors, tooLong(child(field, 'values'), exitCodesMax)] : errors;
}

function validateResizePolicy({ resizePolicy = [] }: Container, spec: PodSpec, path: string): FieldError[] {
  const seen = new Set<string>();
  return resizePolicy.flatMap(({ resourceName, restartPolicy }, i) => {
    const errors = seen.has(resourceName) ? [duplicate(at(path, i), resourceName)] : [];
    seen.add(resourceName);
    errors.push(...oneOf(resourceName, path, ['cpu', 'memory'], 'required'), ...oneOf(restartPolicy, path, ['NotRequired', 'RestartContainer'], 'required'));
    if (spec.restartPolicy === 'Never' && restartPolicy !== 'NotRequired') errors.push(invalidValue(path, restartPolicy, "must be 'NotRequired' when `restartPolicy` is 'Never'"));
    return errors;
  });
}

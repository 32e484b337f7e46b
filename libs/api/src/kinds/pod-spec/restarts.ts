import type { Container, ContainerRestartRule, PodSpec } from '../../gen/types/core-v1.ts';
import type { FieldError } from '../../status.ts';
import { at, child, duplicate, forbidden, invalidValue, notSupported, ofEach, required, together, tooLong } from '../../validation/field-error.ts';
import { each, oneOf } from '../../validation/values.ts';

const rulesMax = 20;
const exitCodesMax = 255;
const operators = ['In', 'NotIn'];

/** When a container starts again by itself: by its own policy, or by its exit code. */
export function validateRestarts({ restartPolicy, restartPolicyRules: rules = [] }: Container, path: string): FieldError[] {
  const field = child(path, 'restartPolicyRules');
  const errors = oneOf(restartPolicy, child(path, 'restartPolicy'), ['Always', 'Never', 'OnFailure']);
  if (restartPolicy === undefined && rules.length > 0) errors.push(required(child(path, 'restartPolicy'), 'must specify restartPolicy when restart rules are used'));
  if (rules.length > rulesMax) errors.push(tooLong(field, rulesMax));
  return together(errors, each(rules, field, validateRule));
}

/** The same of an init container. A sidecar restarts always: there is nothing to decide. */
export function validateInitRestarts(container: Container, path: string): FieldError[] {
  const { restartPolicy, restartPolicyRules: rules = [] } = container;
  if (restartPolicy !== 'Always') return validateRestarts(container, path);
  return rules.length === 0 ? [] : [forbidden(child(path, 'restartPolicyRules'), 'restartPolicyRules are not allowed when restartPolicy is Always')];
}

function validateRule({ action, exitCodes }: ContainerRestartRule, path: string): FieldError[] {
  const errors = action === 'Restart' ? [] : [notSupported(child(path, 'action'), action ?? '', ['Restart'])];
  const field = child(path, 'exitCodes');
  if (exitCodes === undefined) return [...errors, required(field, 'must be specified')];
  if (!operators.includes(exitCodes.operator ?? '')) errors.push(notSupported(child(field, 'operator'), exitCodes.operator ?? '', operators));
  return (exitCodes.values ?? []).length > exitCodesMax ? [...errors, tooLong(child(field, 'values'), exitCodesMax)] : errors;
}

/** Whether a change of resources restarts a container: once for each resource. The path is that of the list, as upstream has it. */
export function validateResizePolicy({ resizePolicy = [] }: Container, spec: PodSpec, path: string): FieldError[] {
  if (resizePolicy.length === 0) return [];
  const seen = new Set<string>();
  return ofEach(resizePolicy, ({ resourceName, restartPolicy }, i) => {
    const errors = seen.has(resourceName) ? [duplicate(at(path, i), resourceName)] : [];
    seen.add(resourceName);
    errors.push(...oneOf(resourceName, path, ['cpu', 'memory'], 'required'), ...oneOf(restartPolicy, path, ['NotRequired', 'RestartContainer'], 'required'));
    if (spec.restartPolicy === 'Never' && restartPolicy !== 'NotRequired') errors.push(invalidValue(path, restartPolicy, "must be 'NotRequired' when `restartPolicy` is 'Never'"));
    return errors;
  });
}

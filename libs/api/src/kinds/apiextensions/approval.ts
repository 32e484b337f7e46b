import type { CustomResourceDefinition } from '../../gen/types/apiextensions-v1.ts';
import type { FieldError } from '../../status.ts';
import { at, invalidValue, required } from '../../validation/field-error.ts';

const annotation = 'api-approved.kubernetes.io';
const where = 'see https://github.com/kubernetes/enhancements/pull/1111';

type State = 'missing' | 'invalid' | 'said';

/** Groups of the Kubernetes project are for definitions that it has approved, or that say that it has not. What was stored otherwise may stay so. */
export function validateApproval(object: CustomResourceDefinition, old?: CustomResourceDefinition): FieldError[] {
  if (!/(^|\.)(k8s|kubernetes)\.io$/.test(object.spec.group ?? '')) return [];
  const state = stateOf(object);
  if (state === 'said' || (old !== undefined && stateOf(old) === state)) return [];
  const field = at('metadata.annotations', annotation);
  if (state === 'missing') return [required(field, `protected groups must have approval annotation "${annotation}", ${where}`)];
  return [invalidValue(field, object.metadata.annotations?.[annotation], `protected groups must have approval annotation "${annotation}" with either a URL or a reason starting with "unapproved", ${where}`)];
}

function stateOf({ metadata }: CustomResourceDefinition): State {
  const text = metadata.annotations?.[annotation] ?? '';
  if (text === '') return 'missing';
  return text.startsWith('unapproved') || /^[a-z][a-z0-9+.-]*:\/\/[^/]+/i.test(text) ? 'said' : 'invalid';
}

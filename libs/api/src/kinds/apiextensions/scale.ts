import type { CustomResourceSubresourceScale } from '../../gen/types/apiextensions-v1.ts';
import type { FieldError } from '../../status.ts';
import { child, invalidValue, required } from '../../validation/field-error.ts';

/** Where the numbers of a scalable resource are: what is wished below `spec`, what there is below `status`. */
export function validateScale(scale: CustomResourceSubresourceScale, path: string): FieldError[] {
  const errors = [
    ...validatePath(scale.specReplicasPath, ['.spec.'], child(path, 'specReplicasPath')),
    ...validatePath(scale.statusReplicasPath, ['.status.'], child(path, 'statusReplicasPath')),
  ];
  const { labelSelectorPath = '' } = scale;
  return labelSelectorPath === '' ? errors : [...errors, ...validatePath(labelSelectorPath, ['.spec.', '.status.'], child(path, 'labelSelectorPath'))];
}

function validatePath(text: string | undefined, below: readonly string[], path: string): FieldError[] {
  if (text === undefined || text === '') return [required(path)];
  if (!text.startsWith('.')) return [invalidValue(path, text, 'must be a simple json path starting with .')];
  if (below.some((prefix) => text.startsWith(prefix))) return [];
  return [invalidValue(path, text, `should be a json path under ${below.length === 1 ? (below[0] ?? '').slice(0, -1) : 'either .spec or .status'}`)];
}

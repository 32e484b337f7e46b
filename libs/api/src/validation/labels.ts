import type { FieldError } from '../status.ts';
import { invalidEach, ofEach, together } from './field-error.ts';
import { checkLabelKey, checkLabelValue } from './names.ts';

/** What is wrong with a map of labels; every error names the map, as upstream's do. */
export function validateLabels(labels: Readonly<Record<string, string>> | undefined, path: string): FieldError[] {
  if (labels === undefined || labels === null) return [];
  return ofEach(Object.keys(labels), (key) => together(invalidEach(checkLabelKey(key), path, key), invalidEach(checkLabelValue(labels[key] ?? ''), path, labels[key])));
}

import type { FieldError } from '../status.ts';
import { invalidValue } from './field-error.ts';
import { checkLabelKey, checkLabelValue } from './names.ts';

/** What is wrong with a map of labels; every error names the map, as upstream's do. */
export function validateLabels(labels: Readonly<Record<string, string>> | undefined, path: string): FieldError[] {
  return Object.entries(labels ?? {}).flatMap(([key, value]) => [
    ...checkLabelKey(key).map((e) => invalidValue(path, key, e)),
    ...checkLabelValue(value).map((e) => invalidValue(path, value, e)),
  ]);
}

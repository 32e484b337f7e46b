import type { FieldError } from '../../status.ts';
import { invalidEach, required, together, tooLong } from '../../validation/field-error.ts';
import { byteLength, checkDns1123Subdomain, labelLengthMax } from '../../validation/names.ts';

/** The name of a CSI driver: a subdomain in letters of either case, and short. An empty one is also no subdomain, and both is said. */
export function validateCsiDriver(driver: string | undefined, path: string): FieldError[] {
  const name = driver ?? '';
  const errors = name === '' ? [required(path)] : [];
  if (byteLength(name) > labelLengthMax) errors.push(tooLong(path, labelLengthMax));
  return together(errors, invalidEach(checkDns1123Subdomain(name.toLowerCase()), path, name));
}

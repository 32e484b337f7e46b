import type { FieldError } from '../status.ts';
import { invalidValue, required, tooLong } from '../validation/field-error.ts';
import { byteLength, checkDns1123Label, checkDns1123Subdomain, labelLengthMax, subdomainLengthMax } from '../validation/names.ts';

const signerLengthMax = subdomainLengthMax + 1 + labelLengthMax + 1 + subdomainLengthMax;

/** What is wrong with the name of a signer, `example.com/name`: a domain of two labels at least, and a path whose parts are subdomains. */
export function checkSignerName(name: string, path: string): FieldError[] {
  if (name === '') return [required(path)];
  const [domain = '', last = '', ...more] = name.split('/');
  if (!name.includes('/') || more.length > 0) return [invalidValue(path, name, "must be a fully qualified domain and path of the form 'example.com/signer-name'")];
  const errors = byteLength(domain) > subdomainLengthMax ? [tooLong(path, subdomainLengthMax)] : [];
  const labels = domain.split('.');
  errors.push(...firstWrong(labels, checkDns1123Label).map((e) => invalidValue(path, domain, e)));
  if (labels.length < 2) errors.push(invalidValue(path, domain, 'should be a domain with at least two segments separated by dots'));
  errors.push(...firstWrong(last.split('.'), checkDns1123Subdomain).map((e) => invalidValue(path, last, e)));
  return byteLength(name) > signerLengthMax ? [...errors, tooLong(path, signerLengthMax)] : errors;
}

/** What is wrong with the first part that is wrong: the others would only repeat it. */
function firstWrong(parts: readonly string[], rule: (part: string) => string[]): string[] {
  for (const part of parts) {
    const wrong = rule(part);
    if (wrong.length > 0) return wrong.map((e) => `validating label ${JSON.stringify(part)}: ${e}`);
  }
  return [];
}

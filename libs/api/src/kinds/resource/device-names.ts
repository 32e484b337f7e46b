import { checkCsiDriverName } from '../../validation/names.ts';

const idLengthMax = 32;

/** An attribute's name, with the domain it belongs to or without. */
export function checkAttributeName(name: string): string[] {
  const parts = name.split('/');
  if (parts.length > 2) return ['must not contain more than one slash'];
  const [id = '', domain] = parts.reverse();
  const errors = domain === undefined ? [] : domain === '' ? ['the domain must not be empty'] : checkCsiDriverName(domain);
  if (id === '' && domain !== undefined) return [...errors, 'the name must not be empty'];
  if (id.length > idLengthMax) errors.push(`must be no more than ${idLengthMax} bytes`);
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(id)) return errors;
  return [...errors, "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_' (e.g. 'my_name',  or 'MY_NAME',  or 'MyName', regex used for validation is '[A-Za-z_][A-Za-z0-9_]*')"];
}

/** The same where the domain must be there. */
export function checkFullName(name: string): string[] {
  return name.includes('/') ? checkAttributeName(name) : [...checkAttributeName(name), 'a fully qualified name must be a domain and a name separated by a slash'];
}

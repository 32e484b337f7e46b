/*
 * The syntax rules of names (apimachinery, util/validation). Each returns what is wrong, in Kubernetes' words;
 * an empty list means it is fine.
 */

export const labelLengthMax = 63;
export const subdomainLengthMax = 253;

const dns1123Label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const dns1123Subdomain = `${dns1123Label}(\\.${dns1123Label})*`;
const dns1035Label = '[a-z]([-a-z0-9]*[a-z0-9])?';
const qualifiedNamePart = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';

const dns1123LabelText =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character";
const dns1123SubdomainText =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character";
const dns1035LabelText =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character";
const qualifiedNameText =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
const labelValueText =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";

/** Bytes of a UTF-16 unit in UTF-8, at most. */
const utf8BytesMax = 3;

/** Made once: the rules run for every name of every write. */
const refusals = {
  dns1123Label: regexError(dns1123LabelText, dns1123Label, 'my-name', '123-abc'),
  dns1123Subdomain: regexError(dns1123SubdomainText, dns1123Subdomain, 'example.com'),
  dns1035Label: regexError(dns1035LabelText, dns1035Label, 'my-name', 'abc-123'),
  wildcard: regexError("a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character", `\\*\\.${dns1123Subdomain}`, '*.example.com'),
  labelValue: regexError(labelValueText, `(${qualifiedNamePart})?`, 'MyValue', 'my_value', '12345'),
};

const patterns = {
  dns1123Label: new RegExp(`^${dns1123Label}$`),
  dns1123Subdomain: new RegExp(`^${dns1123Subdomain}$`),
  dns1035Label: new RegExp(`^${dns1035Label}$`),
  qualifiedNamePart: new RegExp(`^${qualifiedNamePart}$`),
  labelValue: new RegExp(`^(${qualifiedNamePart})?$`),
};

/** RFC 1123 label: names of namespaces, containers, volumes. */
export function checkDns1123Label(value: string): string[] {
  const errors = checkPattern(value, labelLengthMax, patterns.dns1123Label, refusals.dns1123Label);
  // What would do as a subdomain has only its dots too much.
  return errors.includes(refusals.dns1123Label) && patterns.dns1123Subdomain.test(value) ? errors.map((e) => (e === refusals.dns1123Label ? 'must not contain dots' : e)) : errors;
}

/** RFC 1123 subdomain: names of most objects. */
export function checkDns1123Subdomain(value: string): string[] {
  return checkPattern(value, subdomainLengthMax, patterns.dns1123Subdomain, refusals.dns1123Subdomain);
}

/** All names one level below a subdomain: `*.` and the rest. */
export function checkWildcardSubdomain(value: string): string[] {
  if (value.length <= subdomainLengthMax && value.startsWith('*.') && patterns.dns1123Subdomain.test(value.slice(2))) return [];
  return [...(byteLength(value) > subdomainLengthMax ? [maxLengthError(subdomainLengthMax)] : []), refusals.wildcard];
}

const httpPath = /^[A-Za-z0-9/\-._~%!$&'()*+,;=:]+$/;

/** What may stand behind the domain in a domain-prefixed path. */
export function checkHttpPath(value: string): string[] {
  return httpPath.test(value) ? [] : [`Invalid path (regex used for validation is '${httpPath.source.slice(1, -1).replaceAll('\\/', '/')}')`];
}

/** RFC 1035 label: names of services. */
export function checkDns1035Label(value: string): string[] {
  return checkPattern(value, labelLengthMax, patterns.dns1035Label, refusals.dns1035Label);
}

/** `[prefix/]name`: label and annotation keys, finalizers, condition types. */
export function checkQualifiedName(value: string): string[] {
  return isQualifiedName(value) ? [] : qualifiedNameErrors(value);
}

/** Whether `checkQualifiedName` finds nothing. */
export function isQualifiedName(value: string): boolean {
  const slash = value.indexOf('/');
  const name = slash < 0 ? value : value.slice(slash + 1);
  if (slash >= 0 && (slash > subdomainLengthMax || !patterns.dns1123Subdomain.test(value.slice(0, slash)))) return false;
  // What the pattern takes has a byte for each character.
  return name.length <= labelLengthMax && patterns.qualifiedNamePart.test(name);
}

function qualifiedNameErrors(value: string): string[] {
  const parts = value.split('/');
  const errors: string[] = [];
  if (parts.length > 2) {
    return [`a qualified name must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character ${examples(qualifiedNamePart, ['MyName', 'my.name', '123-abc'])} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`];
  }
  const name = parts[parts.length - 1] ?? '';
  if (parts.length === 2) {
    const prefix = parts[0] ?? '';
    if (prefix === '') errors.push('prefix part must be non-empty');
    else errors.push(...checkDns1123Subdomain(prefix).map((e) => `prefix part ${e}`));
  }
  if (name === '') errors.push('name part must be non-empty');
  else if (byteLength(name) > labelLengthMax) errors.push(`name part ${maxLengthError(labelLengthMax)}`);
  if (!patterns.qualifiedNamePart.test(name)) {
    errors.push(regexError(qualifiedNameText, qualifiedNamePart, 'MyName', 'my.name', '123-abc'));
  }
  return errors;
}

export function checkLabelKey(value: string): string[] {
  return checkQualifiedName(value);
}

export function checkLabelValue(value: string): string[] {
  return checkPattern(value, labelLengthMax, patterns.labelValue, refusals.labelValue);
}

/** A name that is safe as one segment of a path: RBAC's objects. */
export function checkPathSegment(value: string): string[] {
  if (value === '.' || value === '..') return [`may not be '${value}'`];
  return ['/', '%'].filter((c) => value.includes(c)).map((c) => `may not contain '${c}'`);
}

/** Keys of ConfigMaps and Secrets. */
export function checkConfigMapKey(value: string): string[] {
  const errors: string[] = [];
  if (byteLength(value) > subdomainLengthMax) errors.push(maxLengthError(subdomainLengthMax));
  if (!/^[-._a-zA-Z0-9]+$/.test(value)) {
    errors.push(regexError("a valid config key must consist of alphanumeric characters, '-', '_' or '.'", '[-._a-zA-Z0-9]+', 'key.name', 'KEY_NAME', 'key-name'));
  }
  const dots = checkNoLeadingDots(value);
  return errors.length === 0 ? dots : [...errors, ...dots];
}

/** Names of environment variables, relaxed since v1.34: printable ASCII without `=`. */
export function checkEnvVarName(value: string): string[] {
  if (value === '') return ['environment variable name must be non-empty'];
  if (/^[\x20-\x3c\x3e-\x7e]+$/.test(value)) return [];
  return ["a valid environment variable name must consist only of printable ASCII characters other than '='"];
}

const conditionReason = '[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?';
const conditionReasonText = "a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric characters or '_,:', and must end with an alphanumeric character or '_'";

/** Reasons of conditions. */
export function checkConditionReason(value: string): string[] {
  return new RegExp(`^${conditionReason}$`).test(value) ? [] : [regexError(conditionReasonText, conditionReason, 'my_name', 'MY_NAME', 'MyName', 'ReasonA,ReasonB', 'ReasonA:ReasonB')];
}

/** IANA service names: named ports. */
export function checkPortName(value: string): string[] {
  const errors: string[] = [];
  if (value.length > 15) errors.push(maxLengthError(15));
  if (!/^[-a-z0-9]+$/.test(value)) errors.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  if (!/[a-z]/.test(value)) errors.push('must contain at least one letter (a-z)');
  if (value.includes('--')) errors.push('must not contain consecutive hyphens');
  if (value.startsWith('-') || value.endsWith('-')) errors.push('must not begin or end with a hyphen');
  return errors;
}

export function checkPortNumber(value: number): string[] {
  return Number.isInteger(value) && value >= 1 && value <= 65535 ? [] : ['must be between 1 and 65535, inclusive'];
}

/** User and group ids. */
export function checkId(value: number): string[] {
  return value >= 0 && value <= 2147483647 ? [] : ['must be between 0 and 2147483647, inclusive'];
}

/** Names of CSI drivers. */
export function checkCsiDriverName(value: string): string[] {
  const tooLong = byteLength(value) > labelLengthMax ? [maxLengthError(labelLengthMax)] : [];
  return [...tooLong, ...checkDns1123Subdomain(value.toLowerCase())];
}

/** The name without the random end that `generateName` will add: a trailing `-` is fine. */
export function maskTrailingDash(name: string): string {
  return name.length > 1 && name.endsWith('-') ? `${name.slice(0, -2)}a` : name;
}

export function maxLengthError(max: number): string {
  return `must be no more than ${max} bytes`;
}

export function byteLength(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x80) continue;
    if (code < 0x800) bytes += 1;
    else if (code >= 0xd800 && code <= 0xdbff && i + 1 < text.length) {
      bytes += 2;
      i++;
    } else bytes += 2;
  }
  return bytes;
}

function checkNoLeadingDots(value: string): string[] {
  if (value === '.') return ["must not be '.'"];
  if (value === '..') return ["must not be '..'"];
  return value.startsWith('..') ? ["must not start with '..'"] : [];
}

function checkPattern(value: string, lengthMax: number, pattern: RegExp, text: string): string[] {
  if (value.length * utf8BytesMax <= lengthMax && pattern.test(value)) return [];
  const errors = byteLength(value) > lengthMax ? [maxLengthError(lengthMax)] : [];
  if (errors.length > 0 && value.length > lengthMax * 8) return errors;
  return pattern.test(value) ? errors : [...errors, text];
}

function regexError(text: string, pattern: string, ...samples: string[]): string {
  return `${text} ${examples(pattern, samples)}`;
}

function examples(pattern: string, samples: readonly string[]): string {
  return `(e.g. ${samples.map((s) => `'${s}'`).join(',  or ')}, regex used for validation is '${pattern}')`;
}

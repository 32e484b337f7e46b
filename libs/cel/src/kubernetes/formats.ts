import { checkDns1035Label, checkDns1123Label, checkDns1123Subdomain, checkLabelValue, checkQualifiedName, maskTrailingDash } from '@rhythm/api';
import { parseTime } from '@rhythm/base';
import { overloads, type Overload } from '../check/overload.ts';
import { OpaqueValue, Optional } from '../run/value.ts';

/** A named format: what is wrong with a text. */
class FormatValue extends OpaqueValue {
  readonly typeName = 'kubernetes.NamedFormat';
  readonly name: string;
  readonly check: (text: string) => string[];

  constructor(name: string, check: (text: string) => string[]) {
    super();
    this.name = name;
    this.check = check;
  }

  equals(other: OpaqueValue): boolean {
    return other instanceof FormatValue && other.name === this.name;
  }
}

const matching = (pattern: RegExp, message: string) => (text: string): string[] => (pattern.test(text) ? [] : [message]);
const prefix = (check: (text: string) => string[]) => (text: string): string[] => check(maskTrailingDash(text));

const named: Readonly<Record<string, (text: string) => string[]>> = {
  dns1123Label: checkDns1123Label,
  dns1123Subdomain: checkDns1123Subdomain,
  dns1035Label: checkDns1035Label,
  dns1123LabelPrefix: prefix(checkDns1123Label),
  dns1123SubdomainPrefix: prefix(checkDns1123Subdomain),
  dns1035LabelPrefix: prefix(checkDns1035Label),
  qualifiedName: checkQualifiedName,
  labelValue: checkLabelValue,
  uri: (text) => (URL.canParse(text) || (text.startsWith('/') && URL.canParse(text, 'http://path')) ? [] : ['invalid URI']),
  uuid: matching(/^[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$/, 'does not match the UUID format'),
  byte: matching(/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/, 'invalid base64'),
  date: (text) => (/^\d{4}-\d\d-\d\d$/.test(text) && parseTime(`${text}T00:00:00Z`) !== undefined ? [] : ['invalid date']),
  datetime: (text) => (parseTime(text) === undefined ? ['invalid datetime'] : []),
};

/** Kubernetes' format library: `format.dns1123Label().validate(text)` gives an optional list of faults. */
export const formats: readonly Overload[] = overloads([
  ...Object.entries(named).map(([name, check]) => {
    const value = new FormatValue(name, check);
    return [`format.${name}(): kubernetes.NamedFormat`, () => value] as const;
  }),
  ['format.named(string): optional<kubernetes.NamedFormat>', (name: string) => namedFormat(name)],
  ['(kubernetes.NamedFormat).validate(string): optional<list<string>>', validate, ([, size = 1]) => Math.max(1, size), () => 16],
]);

function namedFormat(name: string): Optional {
  const check = Object.hasOwn(named, name) ? named[name] : undefined;
  return check === undefined ? Optional.none : new Optional(new FormatValue(name, check));
}

function validate(format: FormatValue, text: string): Optional {
  const faults = format.check(text);
  return faults.length === 0 ? Optional.none : new Optional(faults);
}

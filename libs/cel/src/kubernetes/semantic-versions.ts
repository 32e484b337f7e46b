import { overloads, readCost, type Overload } from '../check/overload.ts';
import { EvaluationError } from '../run/error.ts';
import { OpaqueValue } from '../run/value.ts';

const name = 'kubernetes.Semver';
const lengthMax = 256;

class SemverValue extends OpaqueValue {
  readonly typeName = name;
  readonly numbers: readonly bigint[];
  readonly prerelease: readonly string[];

  constructor(numbers: readonly bigint[], prerelease: readonly string[]) {
    super();
    this.numbers = numbers;
    this.prerelease = prerelease;
  }

  equals(other: OpaqueValue): boolean {
    return other instanceof SemverValue && compareVersions(this, other) === 0;
  }
}

/** Kubernetes' semantic version library (semver.org 2.0.0); `true` as second argument takes `v1.2` and fills it up. */
export const semanticVersions: readonly Overload[] = overloads([
  [`semver(string): ${name}`, (text: string) => parsed(text), readCost],
  [`semver(string, bool): ${name}`, (text: string, normalize: boolean) => parsed(normalize ? normalized(text) : text), readCost],
  ['isSemver(string): bool', (text: string) => parse(text) !== undefined, readCost],
  ['isSemver(string, bool): bool', (text: string, normalize: boolean) => parse(normalize ? normalized(text) : text) !== undefined, readCost],
  [`(${name}).major(): int`, ({ numbers }: SemverValue) => numbers[0] ?? 0n],
  [`(${name}).minor(): int`, ({ numbers }: SemverValue) => numbers[1] ?? 0n],
  [`(${name}).patch(): int`, ({ numbers }: SemverValue) => numbers[2] ?? 0n],
  [`(${name}).isLessThan(${name}): bool`, (a: SemverValue, b: SemverValue) => compareVersions(a, b) < 0],
  [`(${name}).isGreaterThan(${name}): bool`, (a: SemverValue, b: SemverValue) => compareVersions(a, b) > 0],
  [`(${name}).compareTo(${name}): int`, (a: SemverValue, b: SemverValue) => BigInt(compareVersions(a, b))],
]);

const pattern = /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-((?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*))?(?:\+[0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*)?$/;

function parse(text: string): SemverValue | undefined {
  const found = text.length > lengthMax ? null : pattern.exec(text);
  if (found === null) return undefined;
  return new SemverValue(found.slice(1, 4).map((digits) => BigInt(digits)), found[4]?.split('.') ?? []);
}

function parsed(text: string): SemverValue {
  const value = parse(text);
  if (value === undefined) throw new EvaluationError(`Semver parse error during conversion from string: ${JSON.stringify(text.slice(0, 64))}`);
  return value;
}

/** Without a leading `v` and leading zeros, with minor and patch. */
function normalized(text: string): string {
  const [, core = '', rest = ''] = /^v?([\d.]*)(.*)$/.exec(text.slice(0, lengthMax + 1)) ?? [];
  const parts = core.split('.').map((part) => part.replace(/^0+(?=\d)/, ''));
  while (parts.length < 3) parts.push('0');
  return parts.join('.') + rest;
}

function compareVersions(a: SemverValue, b: SemverValue): number {
  for (let at = 0; at < 3; at++) {
    const order = sign(a.numbers[at] ?? 0n, b.numbers[at] ?? 0n);
    if (order !== 0) return order;
  }
  if (a.prerelease.length === 0 || b.prerelease.length === 0) return Math.sign(b.prerelease.length - a.prerelease.length);
  for (let at = 0; at < Math.min(a.prerelease.length, b.prerelease.length); at++) {
    const order = compareParts(a.prerelease[at] ?? '', b.prerelease[at] ?? '');
    if (order !== 0) return order;
  }
  return Math.sign(a.prerelease.length - b.prerelease.length);
}

const sign = <T extends bigint | string>(a: T, b: T): number => (a < b ? -1 : a > b ? 1 : 0);

/** Numbers come before words. */
function compareParts(a: string, b: string): number {
  const [x, y] = [a, b].map((part) => (/^\d+$/.test(part) ? BigInt(part) : undefined));
  if (x !== undefined && y !== undefined) return sign(x, y);
  if (x !== undefined || y !== undefined) return x !== undefined ? -1 : 1;
  return sign(a, b);
}

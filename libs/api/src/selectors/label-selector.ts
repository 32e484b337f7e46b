import type { LabelSelector, LabelSelectorRequirement } from '../gen/types/meta-v1.ts';
import type { FieldError } from '../status.ts';
import { at, child, forbidden, invalidEach, invalidValue, ofEach, required, together } from '../validation/field-error.ts';
import { validateLabels } from '../validation/labels.ts';
import { checkLabelKey, checkLabelValue } from '../validation/names.ts';

export type Labels = Readonly<Record<string, string>>;

export type LabelOperator = 'in' | 'notin' | '=' | '==' | '!=' | 'exists' | '!' | 'gt' | 'lt';

/** One condition of a selector. `notin` and `!=` hold for objects that lack the key. */
export interface LabelRequirement {
  readonly key: string;
  readonly operator: LabelOperator;
  readonly values: readonly string[];
}

/** A selector ready to match: all requirements must hold, so that no requirement matches everything. */
export interface LabelMatcher {
  readonly requirements: readonly LabelRequirement[];
  /** Whether nothing can ever match: the matcher of an absent selector. */
  readonly nothing: boolean;
  matches(labels: Labels | undefined): boolean;
}

/** The matcher of requirements that all must hold. */
export function labelMatcher(requirements: readonly LabelRequirement[]): LabelMatcher {
  return { requirements, nothing: false, matches: (labels) => requirements.every((r) => requirementHolds(r, labels)) };
}

export const everything: LabelMatcher = labelMatcher([]);
export const nothing: LabelMatcher = { requirements: [], nothing: true, matches: () => false };

/** The matcher of a `LabelSelector` object: absent matches nothing, empty matches everything. The object must be valid. */
export function matcherOfSelector(selector: LabelSelector | undefined | null): LabelMatcher {
  if (selector === undefined || selector === null) return nothing;
  const requirements: LabelRequirement[] = Object.entries(selector.matchLabels ?? {}).map(([key, value]) => ({ key, operator: '=', values: [value] }));
  for (const { key, operator, values } of selector.matchExpressions ?? []) {
    requirements.push({ key, operator: operatorNames.get(operator) ?? 'in', values: values ?? [] });
  }
  return labelMatcher(requirements);
}

/** The matcher of a plain map, the selector of Services and ReplicationControllers: empty or absent matches nothing. */
export function matcherOfMap(selector: Labels | undefined | null): LabelMatcher {
  const entries = Object.entries(selector ?? {});
  return entries.length === 0 ? nothing : labelMatcher(entries.map(([key, value]) => ({ key, operator: '=', values: [value] })));
}

/** Whether a `LabelSelector` object selects everything. */
export function isEmptySelector(selector: LabelSelector): boolean {
  return Object.keys(selector.matchLabels ?? {}).length === 0 && (selector.matchExpressions ?? []).length === 0;
}

/** What is wrong with a `LabelSelector` object (metav1 ValidateLabelSelector). */
export function validateLabelSelector(selector: LabelSelector | undefined | null, path: string): FieldError[] {
  if (selector === undefined || selector === null) return [];
  return together(
    validateLabels(selector.matchLabels, child(path, 'matchLabels')),
    ofEach(selector.matchExpressions, (r, i) => validateRequirement(r, at(child(path, 'matchExpressions'), i))),
  );
}

/** The selector as text, keys in order: `a=b,c in (d,e),!f`; `<none>` when it selects everything. */
export function formatLabelSelector(selector: LabelSelector | undefined | null): string {
  const matcher = matcherOfSelector(selector);
  if (matcher.nothing || matcher.requirements.length === 0) return '<none>';
  return formatRequirements(matcher.requirements);
}

/** Requirements as text that `parseLabelSelector` reads back. */
export function formatRequirements(requirements: readonly LabelRequirement[]): string {
  return [...requirements].sort((a, b) => compareText(a.key, b.key)).map(formatRequirement).join(',');
}

const operatorNames: ReadonlyMap<string, LabelOperator> = new Map([
  ['In', 'in'], ['NotIn', 'notin'], ['Exists', 'exists'], ['DoesNotExist', '!'],
]);

function requirementHolds(requirement: LabelRequirement, labels: Labels | undefined): boolean {
  const { key, operator, values } = requirement;
  const value = labels !== undefined && Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case 'in':
    case '=':
    case '==':
      return value !== undefined && values.includes(value);
    case 'notin':
    case '!=':
      return value === undefined || !values.includes(value);
    case 'exists':
      return value !== undefined;
    case '!':
      return value === undefined;
    default:
      return value !== undefined && /^[-+]?\d+$/.test(value) && compareIntegers(operator, BigInt(value), BigInt(values[0] ?? '0'));
  }
}

function compareIntegers(operator: 'gt' | 'lt', value: bigint, bound: bigint): boolean {
  return operator === 'gt' ? value > bound : value < bound;
}

function validateRequirement(requirement: LabelSelectorRequirement, path: string): FieldError[] {
  const { key, operator, values = [] } = requirement;
  const errors: FieldError[] = [];
  if (operator === 'In' || operator === 'NotIn') {
    if (values.length === 0) errors.push(required(child(path, 'values'), "must be specified when `operator` is 'In' or 'NotIn'"));
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    if (values.length > 0) errors.push(forbidden(child(path, 'values'), "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
  } else errors.push(invalidValue(child(path, 'operator'), operator, 'not a valid selector operator'));
  errors.push(...invalidEach(checkLabelKey(key ?? ''), child(path, 'key'), key));
  values.forEach((value, i) => errors.push(...invalidEach(checkLabelValue(value), at(child(path, 'values'), i), value)));
  return errors;
}

function formatRequirement({ key, operator, values }: LabelRequirement): string {
  if (operator === 'exists') return key;
  if (operator === '!') return `!${key}`;
  if (operator === 'in' || operator === 'notin') return `${key} ${operator} (${[...values].sort(compareText).join(',')})`;
  if (operator === 'gt' || operator === 'lt') return `${key}${operator === 'gt' ? '>' : '<'}${values[0] ?? ''}`;
  return `${key}${operator}${values[0] ?? ''}`;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

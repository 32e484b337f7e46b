import { selectorLengthMax, SelectorError } from './parse-label-selector.ts';

/** One condition on a field: `=` and `==` are the same. */
export interface FieldRequirement {
  readonly field: string;
  readonly operator: '=' | '!=';
  readonly value: string;
}

export interface FieldMatcher {
  readonly requirements: readonly FieldRequirement[];
  /** Fields that the object lacks count as empty. */
  matches(fields: Readonly<Record<string, string>>): boolean;
  /** The value the field must have, when a requirement says so: lets a list by name be a get. */
  exact(field: string): string | undefined;
}

export function fieldMatcher(requirements: readonly FieldRequirement[]): FieldMatcher {
  return {
    requirements,
    matches: (fields) => requirements.every((r) => ((Object.hasOwn(fields, r.field) ? fields[r.field] : '') === r.value) === (r.operator === '=')),
    exact: (field) => requirements.find((r) => r.field === field && r.operator === '=')?.value,
  };
}

export const everyField: FieldMatcher = fieldMatcher([]);

/**
 * The matcher of a field selector's text (apimachinery, fields.ParseSelector): `a=b,c!=d`; in values `\\`, `\,` and `\=`
 * stand for the character. Throws `SelectorError`, which the API answers with BadRequest.
 */
export function parseFieldSelector(text: string): FieldMatcher {
  if (text.length > selectorLengthMax) throw new SelectorError(`selector is longer than ${selectorLengthMax} characters`);
  const requirements: FieldRequirement[] = [];
  for (const term of splitTerms(text)) {
    if (term === '') continue;
    requirements.push(parseTerm(term, text));
  }
  return fieldMatcher(requirements);
}

/** The value with what has a meaning in selectors escaped. */
export function escapeFieldValue(value: string): string {
  return value.replace(/[\\,=]/g, (c) => `\\${c}`);
}

function splitTerms(text: string): string[] {
  const terms: string[] = [];
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === ',') {
      terms.push(text.slice(start, i));
      start = i + 1;
    }
  }
  terms.push(text.slice(start));
  return terms;
}

function parseTerm(term: string, whole: string): FieldRequirement {
  const match = /^([^=!]*(?:!(?!=)[^=!]*)*)(!=|==|=)(.*)$/s.exec(term);
  if (match === null) throw new SelectorError(`invalid selector: '${whole}'; can't understand '${term}'`);
  const [, field = '', operator = '', value = ''] = match;
  return { field, operator: operator === '!=' ? '!=' : '=', value: unescape(value) };
}

function unescape(value: string): string {
  let plain = '';
  for (let i = 0; i < value.length; i++) {
    const c = value.charAt(i);
    if (c === '\\') {
      const next = value.charAt(++i);
      if (next !== '\\' && next !== ',' && next !== '=') throw new SelectorError(`invalid field selector: invalid escape sequence: \\${next}`);
      plain += next;
    } else if (c === ',' || c === '=') throw new SelectorError(`invalid field selector: unescaped character in value: ${c}`);
    else plain += c;
  }
  return plain;
}

import { checkLabelKey, checkLabelValue } from '../validation/names.ts';
import { invalidValue } from '../validation/field-error.ts';
import { labelMatcher } from './label-selector.ts';
import type { LabelMatcher, LabelOperator, LabelRequirement } from './label-selector.ts';

/** The text is not a selector; the message is apimachinery's (labels.Parse). The API answers it with BadRequest. */
export class SelectorError extends Error {
  override readonly name = 'SelectorError';
}

/** Longest selector taken: about what fits in a request line. */
export const selectorLengthMax = 64 * 1024;

/**
 * The matcher of a selector's text: `a=b`, `a==b`, `a!=b`, `a in (b,c)`, `a notin (b,c)`, `a`, `!a`, `a>1`, `a<1`,
 * joined by commas. Empty text matches everything. Throws `SelectorError`.
 */
export function parseLabelSelector(text: string): LabelMatcher {
  if (text.length > selectorLengthMax) throw new SelectorError(`selector is longer than ${selectorLengthMax} characters`);
  return labelMatcher(new Parser(tokens(text)).parse());
}

type TokenKind = 'end' | 'identifier' | 'in' | 'notin' | '!' | '(' | ')' | ',' | '=' | '==' | '!=' | '>' | '<' | 'error';

interface Token {
  readonly kind: TokenKind;
  readonly text: string;
}

const endToken: Token = { kind: 'end', text: '' };
const symbols: ReadonlySet<string> = new Set(['!', '(', ')', ',', '=', '==', '!=', '>', '<', 'in', 'notin']);
const binaryOperators = 'in, notin, =, ==, !=, gt, lt';

/** Symbol characters run together into the longest known symbol; anything else up to a space or symbol is an identifier. */
function tokens(text: string): Token[] {
  const found: Token[] = [];
  let i = 0;
  while (i < text.length) {
    const c = text.charAt(i);
    if (/\s/.test(c)) {
      i++;
    } else if ('=!(),<>'.includes(c)) {
      const two = text.slice(i, i + 2);
      const symbol = symbols.has(two) && two !== 'in' ? two : c;
      found.push({ kind: symbol as TokenKind, text: symbol });
      i += symbol.length;
    } else {
      let end = i;
      while (end < text.length && !/[\s=!(),<>]/.test(text.charAt(end))) end++;
      const word = text.slice(i, end);
      found.push({ kind: word === 'in' || word === 'notin' ? word : 'identifier', text: word });
      i = end;
    }
  }
  return found;
}

class Parser {
  readonly #tokens: readonly Token[];
  #next = 0;

  constructor(list: readonly Token[]) {
    this.#tokens = list;
  }

  parse(): LabelRequirement[] {
    const requirements: LabelRequirement[] = [];
    if (this.#peek().kind === 'end') return requirements;
    for (;;) {
      const first = this.#peek();
      if (first.kind !== 'identifier' && first.kind !== '!' && first.kind !== 'in' && first.kind !== 'notin') {
        throw new SelectorError(`found '${first.text}', expected: !, identifier, or 'end of string'`);
      }
      requirements.push(this.#requirement());
      const separator = this.#take();
      if (separator.kind === 'end') return requirements;
      if (separator.kind !== ',') throw new SelectorError(`found '${separator.text}', expected: ',' or 'end of string'`);
      const following = this.#peek();
      if (following.kind !== 'identifier' && following.kind !== '!' && following.kind !== 'in' && following.kind !== 'notin') {
        throw new SelectorError(`found '${following.text}', expected: identifier after ','`);
      }
    }
  }

  #requirement(): LabelRequirement {
    try {
      const absent = this.#peek().kind === '!';
      if (absent) this.#take();
      const key = this.#identifier(this.#take(), 'identifier');
      check(checkLabelKey(key), 'key', key);
      const after = this.#peek().kind;
      if (absent) return { key, operator: '!', values: [] };
      if (after === 'end' || after === ',') return { key, operator: 'exists', values: [] };
      return this.#comparison(key);
    } catch (error) {
      if (error instanceof SelectorError) throw new SelectorError(`unable to parse requirement: ${error.message}`);
      throw error;
    }
  }

  #comparison(key: string): LabelRequirement {
    const operator = this.#operator();
    const values = operator === 'in' || operator === 'notin' ? this.#values() : [this.#exactValue()];
    values.forEach((value, i) => {
      if (operator === 'gt' || operator === 'lt') {
        if (!/^[-+]?\d{1,19}$/.test(value)) throw new SelectorError(`for 'Gt', 'Lt' operators, the value must be an integer`);
      } else check(checkLabelValue(value), `values[${i}][${key}]`, value);
    });
    return { key, operator, values };
  }

  #operator(): LabelOperator {
    const token = this.#take();
    switch (token.kind) {
      case 'in':
      case 'notin':
      case '=':
      case '==':
      case '!=':
        return token.kind;
      case '>':
        return 'gt';
      case '<':
        return 'lt';
      default:
        throw new SelectorError(`found '${token.text}', expected: ${binaryOperators}`);
    }
  }

  #values(): string[] {
    const open = this.#take();
    if (open.kind !== '(') throw new SelectorError(`found '${open.text}' expected: '('`);
    const values = new Set<string>();
    for (;;) {
      const token = this.#peek();
      if (token.kind === ',' || token.kind === ')') values.add('');
      else values.add(this.#identifier(this.#take(), `',', ')' or identifier`));
      const after = this.#take();
      if (after.kind === ')') return [...values].sort();
      if (after.kind !== ',') throw new SelectorError(`found '${after.text}', expected: ',' or ')'`);
    }
  }

  #exactValue(): string {
    const kind = this.#peek().kind;
    if (kind === 'end' || kind === ',') return '';
    return this.#identifier(this.#take(), 'identifier');
  }

  #identifier(token: Token, expected: string): string {
    if (token.kind !== 'identifier' && token.kind !== 'in' && token.kind !== 'notin') {
      throw new SelectorError(`found '${token.text}', expected: ${expected}`);
    }
    return token.text;
  }

  #peek(): Token {
    return this.#tokens[this.#next] ?? endToken;
  }

  #take(): Token {
    const token = this.#peek();
    this.#next++;
    return token;
  }
}

function check(errors: readonly string[], field: string, value: string): void {
  if (errors.length === 0) return;
  const error = invalidValue(field, value, errors.join('; '));
  throw new SelectorError(`${error.field}: ${error.message}`);
}

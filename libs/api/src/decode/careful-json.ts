import { ApiError } from '../status.ts';
import { joinPath } from './path.ts';

/**
 * A JSON parser that notes what `JSON.parse` passes over in silence: a key given twice, and a number that a double cannot
 * hold. Used when the scan has found reason to; as in Kubernetes, of two equal keys the last wins.
 */
export interface CarefulResult {
  readonly value: unknown;
  /** Paths of members that were given more than once. */
  readonly duplicates: readonly string[];
}

/** Throws BadRequest: on a syntax error, and on a number that would be rounded. */
export function parseCarefully(text: string): CarefulResult {
  const parser = new Parser(text);
  const value = parser.document();
  return { value, duplicates: parser.duplicates };
}

/** Duplicates are named up to this many, as an answer must stay small. */
const duplicatesMax = 100;

const literals: readonly (readonly [string, unknown])[] = [
  ['true', true],
  ['false', false],
  ['null', null],
];

class Parser {
  readonly #text: string;
  #at = 0;
  readonly #path: (string | number)[] = [];
  readonly duplicates: string[] = [];

  constructor(text: string) {
    this.#text = text;
  }

  document(): unknown {
    const value = this.#value();
    this.#space();
    if (this.#at < this.#text.length) throw this.#unexpected('after top-level value');
    return value;
  }

  #value(): unknown {
    this.#space();
    const char = this.#text[this.#at];
    if (char === '{') return this.#object();
    if (char === '[') return this.#array();
    if (char === '"') return this.#string();
    if (char !== undefined && (char === '-' || (char >= '0' && char <= '9'))) return this.#number();
    for (const [word, value] of literals) {
      if (!this.#text.startsWith(word, this.#at)) continue;
      this.#at += word.length;
      return value;
    }
    throw this.#unexpected('looking for beginning of value');
  }

  #object(): Record<string, unknown> {
    const object: Record<string, unknown> = {};
    this.#at++;
    this.#space();
    if (this.#take('}')) return object;
    for (;;) {
      this.#space();
      if (this.#text[this.#at] !== '"') throw this.#unexpected('looking for beginning of object key string');
      const key = this.#string();
      this.#space();
      if (!this.#take(':')) throw this.#unexpected('after object key');
      this.#path.push(key);
      if (this.duplicates.length < duplicatesMax && Object.hasOwn(object, key)) this.duplicates.push(joinPath(this.#path));
      const value = this.#value();
      // Not an assignment: `__proto__` must become a member like any other.
      Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
      this.#path.pop();
      this.#space();
      if (this.#take('}')) return object;
      if (!this.#take(',')) throw this.#unexpected('after object key:value pair');
    }
  }

  #array(): unknown[] {
    const array: unknown[] = [];
    this.#at++;
    this.#space();
    if (this.#take(']')) return array;
    for (;;) {
      this.#path.push(array.length);
      array.push(this.#value());
      this.#path.pop();
      this.#space();
      if (this.#take(']')) return array;
      if (!this.#take(',')) throw this.#unexpected('after array element');
    }
  }

  #string(): string {
    const from = this.#at++;
    for (;;) {
      const char = this.#text[this.#at];
      if (char === undefined) throw syntaxError('unexpected end of JSON input');
      this.#at += char === '\\' ? 2 : 1;
      if (char === '"') break;
    }
    try {
      return JSON.parse(this.#text.slice(from, this.#at)) as string;
    } catch {
      throw syntaxError(`invalid character in string literal at offset ${from}`);
    }
  }

  #number(): number {
    const token = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y;
    token.lastIndex = this.#at;
    const found = token.exec(this.#text);
    if (found === null) throw this.#unexpected('in numeric literal');
    this.#at = token.lastIndex;
    const value = Number(found[0]);
    const integer = found[1] === undefined && found[2] === undefined;
    if (!Number.isFinite(value) || (integer && !Number.isSafeInteger(value))) {
      throw new ApiError('BadRequest', `the number ${found[0].slice(0, 40)} of "${joinPath(this.#path)}" cannot be kept exactly: integers must be within ±(2^53-1)`);
    }
    return value;
  }

  #take(char: string): boolean {
    if (this.#text[this.#at] !== char) return false;
    this.#at++;
    return true;
  }

  #space(): void {
    for (let code = this.#text.charCodeAt(this.#at); code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09; ) code = this.#text.charCodeAt(++this.#at);
  }

  #unexpected(where: string): ApiError {
    const char = this.#text[this.#at];
    return char === undefined ? syntaxError('unexpected end of JSON input') : syntaxError(`invalid character '${char}' ${where}`);
  }
}

/** What Kubernetes answers to a body that is not JSON. */
export function syntaxError(message: string): ApiError {
  return new ApiError('BadRequest', `couldn't get version/kind; json parse error: ${message}`);
}

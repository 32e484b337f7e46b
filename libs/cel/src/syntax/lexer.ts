import { CompileError, type Offset } from './error.ts';
import { unescape } from './escapes.ts';

/** A value written in the text. `uint` numbers are told apart by their wrapper. */
export type Literal = string | bigint | number | boolean | null | Uint8Array | { readonly uint: bigint };

export type Token =
  | { readonly kind: 'name' | 'punctuation' | 'end'; readonly text: string; readonly at: Offset }
  /** A field between backticks: `self.`a-b``. */
  | { readonly kind: 'quoted-name'; readonly text: string; readonly at: Offset }
  | { readonly kind: 'literal'; readonly text: string; readonly value: Literal; readonly at: Offset };

const punctuation = /&&|\|\||==|!=|<=|>=|[-+*/%<>!?:.,()[\]{}]/y;
const space = /(?:[\t\n\f\r ]|\/\/[^\n]*)+/y;
const name = /[A-Za-z_][A-Za-z0-9_]*/y;
const quotedName = /`([A-Za-z0-9_.\-/ ]+)`/y;
const float = /(?:[0-9]+\.[0-9]+(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+|\.[0-9]+(?:[eE][+-]?[0-9]+)?)/y;
const integer = /(0x[0-9a-fA-F]+|[0-9]+)([uU]?)/y;
const stringStart = /([bB]?[rR]?|[rR][bB])("""|'''|"|')/y;

const intMax = 2n ** 63n;
const uintMax = 2n ** 64n - 1n;

/** Splits an expression into tokens. Throws `CompileError`. */
export function tokens(source: string): Token[] {
  const found: Token[] = [];
  let at = 0;
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    return pattern.exec(source);
  };
  const fail = (text: string, where = at): never => {
    throw new CompileError(source, [{ at: where, text: `Syntax error: ${text}` }]);
  };
  for (;;) {
    at += match(space)?.[0].length ?? 0;
    if (at >= source.length) break;
    const opening = match(stringStart);
    if (opening !== null) {
      const end = endOfString(source, at + opening[0].length, opening);
      if (end === undefined) return fail(`token recognition error at: '${source.slice(at, at + 20)}'`);
      const raw = source.slice(at + opening[0].length, end);
      const value = unescape(raw, opening[1] ?? '') ?? fail(`invalid escape sequence in ${source.slice(at, end + 1)}`);
      const length = end - at + (opening[2] ?? '').length;
      found.push({ kind: 'literal', text: source.slice(at, at + length), value, at });
      at += length;
      continue;
    }
    const number = match(float);
    if (number !== null) {
      found.push({ kind: 'literal', text: number[0], value: Number(number[0]), at });
      at += number[0].length;
      continue;
    }
    const whole = match(integer);
    if (whole !== null) {
      const value = BigInt(whole[1] ?? '0');
      const unsigned = whole[2] !== '';
      if (unsigned ? value > uintMax : value > intMax) return fail(`invalid ${unsigned ? 'uint' : 'int'} literal`);
      found.push({ kind: 'literal', text: whole[0], value: unsigned ? { uint: value } : value, at });
      at += whole[0].length;
      continue;
    }
    const quoted = match(quotedName);
    const word = quoted ?? match(name) ?? match(punctuation);
    if (word === null) return fail(`token recognition error at: '${source.slice(at, at + 1)}'`);
    const text = quoted?.[1] ?? word[0];
    if (quoted !== null) found.push({ kind: 'quoted-name', text, at });
    else if (text === 'true' || text === 'false') found.push({ kind: 'literal', text, value: text === 'true', at });
    else if (text === 'null') found.push({ kind: 'literal', text, value: null, at });
    else found.push({ kind: /^[A-Za-z_]/.test(text) ? 'name' : 'punctuation', text, at });
    at += word[0].length;
  }
  found.push({ kind: 'end', text: '<EOF>', at: source.length });
  return found;
}

/** Where the closing quote begins; undefined when there is none. */
function endOfString(source: string, from: number, opening: RegExpExecArray): number | undefined {
  const raw = /r/i.test(opening[1] ?? '');
  const quote = opening[2] ?? '"';
  for (let at = from; at < source.length; at++) {
    if (source.startsWith(quote, at)) return at;
    if (source[at] === '\\' && !raw) at++;
    else if (quote.length === 1 && (source[at] === '\n' || source[at] === '\r')) return undefined;
  }
  return undefined;
}

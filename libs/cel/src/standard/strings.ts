import { overloads, readCost, type Overload, type Sizes } from '../check/overload.ts';
import { perCharacter, perPatternCharacter } from '../run/budget.ts';
import { EvaluationError } from '../run/error.ts';
import type { Value } from '../run/value.ts';
import { formatText } from './format-text.ts';
import { regularExpression } from './regular-expression.ts';

const argument = ([, text = 1]: Sizes): number => Math.max(1, text * perCharacter);
const search = ([text = 1, part = 1]: Sizes): number => Math.max(1, text * perCharacter * part * perCharacter);
/** A search by regular expression. */
export const patternCost = ([text = 1, pattern = 1]: Sizes): number => Math.max(1, (text + 1) * perCharacter * pattern * perPatternCharacter);
const textSize = ([text = 1]: Sizes): number => text;

/** Longest text that one call makes, UTF-16 units: above it a rule is at fault, whatever its budget. */
const madeMax = 4 * 1024 * 1024;

/** Functions of strings: the standard ones and version 2 of cel-go's `strings` extension. Places count code points. */
export const strings: readonly Overload[] = overloads([
  ['(string).startsWith(string): bool', (text: string, part: string) => text.startsWith(part), argument],
  ['(string).endsWith(string): bool', (text: string, part: string) => text.endsWith(part), argument],
  ['(string).contains(string): bool', (text: string, part: string) => text.includes(part), search],
  ['(string).matches(string): bool', matches, patternCost],
  ['matches(string, string): bool', matches, patternCost],
  ['(string).charAt(int): string', charAt, readCost, () => 1],
  ['(string).indexOf(string): int', (text: string, part: string) => indexOf(text, part, 0n), search],
  ['(string).indexOf(string, int): int', indexOf, search],
  ['(string).lastIndexOf(string): int', (text: string, part: string) => lastIndexOf(text, part), search],
  ['(string).lastIndexOf(string, int): int', lastIndexOf, search],
  ['(list<string>).join(): string', (parts: readonly string[]) => limited(parts.join('')), joinCost, joinCost],
  ['(list<string>).join(string): string', (parts: readonly string[], separator: string) => join(parts, separator), joinCost, joinCost],
  ['(string).lowerAscii(): string', (text: string) => text.replace(/[A-Z]+/g, (part) => part.toLowerCase()), readCost, textSize],
  ['(string).upperAscii(): string', (text: string) => text.replace(/[a-z]+/g, (part) => part.toUpperCase()), readCost, textSize],
  ['(string).replace(string, string): string', (text: string, from: string, to: string) => replace(text, from, to, -1n), readCost, replacedSize],
  ['(string).replace(string, string, int): string', replace, readCost, replacedSize],
  ['(string).split(string): list<string>', (text: string, separator: string) => split(text, separator, -1n), readCost, textSize],
  ['(string).split(string, int): list<string>', split, readCost, textSize],
  ['(string).substring(int): string', (text: string, from: bigint) => substring(text, from, undefined), readCost, textSize],
  ['(string).substring(int, int): string', substring, readCost, textSize],
  // White space of Unicode, as Go has it.
  ['(string).trim(): string', (text: string) => text.replace(/^[\s\u0085]+|[\s\u0085]+$/gu, ''), readCost, textSize],
  ['(string).reverse(): string', (text: string) => Array.from(text).reverse().join(''), readCost, textSize],
  ['strings.quote(string): string', (text: string) => JSON.stringify(text), readCost, ([text = 1]) => text * 6 + 2],
  ['(string).format(list<dyn>): string', (text: string, values: readonly Value[]) => limited(formatText(text, values)), readCost, ([text = 1, values = 1]) => text + values * 64],
]);

function joinCost([parts = 1]: Sizes): number {
  return Math.max(1, parts);
}

function replacedSize([text = 1, , to = 1]: Sizes): number {
  return (text + 1) * Math.max(1, to);
}

function matches(text: string, pattern: string): boolean {
  return regularExpression(pattern).matcher(text).find();
}

/** Refuses a text that is about to fill the memory. */
function limited(text: string): string {
  if (text.length > madeMax) throw new EvaluationError(`text of ${text.length} characters is too long`);
  return text;
}

function join(parts: readonly string[], separator: string): string {
  const length = parts.reduce((sum, part) => sum + part.length, 0) + separator.length * parts.length;
  if (length > madeMax) throw new EvaluationError(`text of ${length} characters is too long`);
  return parts.join(separator);
}

/** True when no character takes two units: places are then those of JavaScript. */
const isSimple = (text: string): boolean => !/[\ud800-\udfff]/.test(text);
const characters = (text: string): readonly string[] => (isSimple(text) ? text.split('') : Array.from(text));

function charAt(text: string, at: bigint): string {
  const all = characters(text);
  if (at < 0n || at > BigInt(all.length)) throw new EvaluationError(`index out of range: ${at}`);
  return all[Number(at)] ?? '';
}

function indexOf(text: string, part: string, from: bigint): bigint {
  const all = characters(text);
  if (part === '') return from;
  if (from < 0n || from > BigInt(all.length)) throw new EvaluationError(`index out of range: ${from}`);
  const start = all.slice(0, Number(from)).join('').length;
  return place(text, text.indexOf(part, start));
}

function lastIndexOf(text: string, part: string, from?: bigint): bigint {
  const all = characters(text);
  if (part === '') return from ?? BigInt(all.length);
  if (from !== undefined && (from < 0n || from > BigInt(all.length))) throw new EvaluationError(`index out of range: ${from}`);
  const start = from === undefined ? text.length : all.slice(0, Number(from)).join('').length;
  return place(text, text.lastIndexOf(part, start));
}

/** The place in code points of one in UTF-16 units. */
function place(text: string, at: number): bigint {
  return BigInt(at <= 0 ? at : characters(text.slice(0, at)).length);
}

function replace(text: string, from: string, to: string, count: bigint): string {
  if (count === 0n) return text;
  const parts = from === '' ? ['', ...characters(text), ''] : text.split(from);
  const replaced = count < 0n ? parts.length - 1 : Math.min(Number(count), parts.length - 1);
  if (text.length + replaced * to.length > madeMax) throw new EvaluationError(`text of more than ${madeMax} characters is too long`);
  return [parts.slice(0, replaced + 1).join(to), ...parts.slice(replaced + 1)].join(from);
}

function split(text: string, separator: string, limit: bigint): string[] {
  if (limit === 0n) return [];
  const parts = separator === '' ? [...characters(text)] : text.split(separator);
  if (limit < 0n || parts.length <= Number(limit)) return parts;
  const kept = parts.slice(0, Number(limit) - 1);
  return [...kept, parts.slice(kept.length).join(separator)];
}

function substring(text: string, from: bigint, to: bigint | undefined): string {
  const all = characters(text);
  const end = to ?? BigInt(all.length);
  if (from < 0n || from > BigInt(all.length)) throw new EvaluationError(`index out of range: ${from}`);
  if (end < 0n || end > BigInt(all.length)) throw new EvaluationError(`index out of range: ${end}`);
  if (from > end) throw new EvaluationError(`invalid substring range. start: ${from}, end: ${end}`);
  return all.slice(Number(from), Number(end)).join('');
}

import { overloads, type Overload } from '../check/overload.ts';
import { patternCost } from '../standard/strings.ts';
import { regularExpression } from '../standard/regular-expression.ts';

/** Kubernetes' regex library: the first or all matches. */
export const regex: readonly Overload[] = overloads([
  ['(string).find(string): string', (text: string, pattern: string) => all(text, pattern, 1)[0] ?? '', patternCost, ([size = 1]) => size],
  ['(string).findAll(string): list<string>', (text: string, pattern: string) => all(text, pattern, -1), patternCost, ([size = 1]) => size],
  ['(string).findAll(string, int): list<string>', (text: string, pattern: string, most: bigint) => all(text, pattern, Number(most)), patternCost, ([size = 1]) => size],
]);

function all(text: string, pattern: string, most: number): string[] {
  const matcher = regularExpression(pattern).matcher(text);
  const found: string[] = [];
  while ((most < 0 || found.length < most) && matcher.find()) found.push(matcher.group() ?? '');
  return found;
}

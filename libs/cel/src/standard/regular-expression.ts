import { RE2JS } from 're2js';
import { EvaluationError } from '../run/error.ts';

/** Compiled expressions kept; rules use few, attackers many. */
const cacheMax = 256;
const cache = new Map<string, RE2JS>();

/** A regular expression of RE2's syntax: matching takes time linear in the text. Throws `EvaluationError` for others. */
export function regularExpression(pattern: string): RE2JS {
  const known = cache.get(pattern);
  if (known !== undefined) return known;
  let compiled: RE2JS;
  try {
    compiled = RE2JS.compile(pattern);
  } catch (error) {
    throw new EvaluationError(`error parsing regexp: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  if (cache.size >= cacheMax) cache.delete(cache.keys().next().value ?? '');
  cache.set(pattern, compiled);
  return compiled;
}

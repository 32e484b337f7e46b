import { RE2JS } from 're2js';

/**
 * Regular expressions of schemas are RE2's and run on input from strangers, so they are matched in linear time. Compiled ones are
 * kept, up to a number; a pattern that is none matches nothing.
 */
const kept = new Map<string, RE2JS | null>();
const keptMax = 1000;

/** Whether the text contains a match, as in OpenAPI. */
export function matchesPattern(pattern: string, text: string): boolean {
  let compiled = kept.get(pattern);
  if (compiled === undefined) {
    compiled = compile(pattern);
    if (kept.size >= keptMax) kept.clear();
    kept.set(pattern, compiled);
  }
  return compiled !== null && compiled.matcher(text).find();
}

/** Whether it can be compiled. */
export function isPattern(pattern: string): boolean {
  return compile(pattern) !== null;
}

function compile(pattern: string): RE2JS | null {
  try {
    return RE2JS.compile(pattern);
  } catch {
    return null;
  }
}

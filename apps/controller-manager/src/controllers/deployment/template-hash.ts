import type { PodTemplateSpec } from '@rhythm/api/types/core-v1';

const alphabet = 'bcdfghjklmnpqrstvwxz2456789';

/**
 * The text that tells the ReplicaSets of a deployment apart: FNV-1a over the template with its keys sorted, so that equal
 * templates always have equal hashes. `collisionCount` makes another one when two templates met.
 */
export function templateHash(template: PodTemplateSpec, collisionCount: number): string {
  let hash = 0x811c9dc5;
  for (const char of `${canonical(template)}/${collisionCount}`) {
    hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  }
  return String(hash)
    .split('')
    .map((digit, i) => alphabet[(Number(digit) * 7 + i) % alphabet.length])
    .join('');
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value).filter(([, v]) => v !== undefined);
  return `{${entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([k, v]) => `${JSON.stringify(k)}:${canonical(v)}`).join(',')}}`;
}

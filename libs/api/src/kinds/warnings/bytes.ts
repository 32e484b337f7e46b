import type { PersistentVolumeClaim } from '../../gen/types/core-v1.ts';
import { canonicalQuantity, parseQuantity } from '../../quantity.ts';
import { at, child } from '../../validation/field-error.ts';

/** A warning about an amount in bytes that is not whole; `path` is that of the list. */
export function byteWarnings(amounts: Readonly<Record<string, string>> | undefined, name: string, path: string): string[] {
  const text = amounts !== undefined && Object.hasOwn(amounts, name) ? amounts[name] : undefined;
  if (text === undefined || parseQuantity(text).nano % 1_000_000_000n === 0n) return [];
  return [`${at(path, name)}: fractional byte value ${JSON.stringify(canonicalQuantity(text))} is invalid, must be an integer`];
}

/** Warnings about what a claim asks for. */
export function claimSpecWarnings(spec: PersistentVolumeClaim['spec'], path: string): string[] {
  return byteWarnings(spec.resources?.requests, 'storage', child(path, 'resources.requests'));
}

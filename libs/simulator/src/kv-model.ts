import type { Operation } from './linearizability.ts';

/** One key as etcd has it, with what its lease is. */
export interface ModelValue {
  readonly value: string;
  readonly mod: number;
  readonly create: number;
  readonly version: number;
  readonly lease: bigint;
}

/** A whole key-value store at one revision. */
export interface ModelState {
  readonly revision: number;
  readonly keys: ReadonlyMap<string, ModelValue>;
}

/** What one revision did. */
export interface Change {
  readonly key: string;
  /** Undefined: deleted. */
  readonly value: ModelValue | undefined;
}

/** An empty store, as etcd counts. */
export const emptyModel: ModelState = { revision: 1, keys: new Map() };

const names = new WeakMap<ModelState, string>();

/** Equal for equal states only. */
export function nameOfModel(state: ModelState): string {
  let name = names.get(state);
  if (name === undefined) {
    const keys = [...state.keys].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, { value, mod, version, create, lease }]) => `${key}=${value}@${mod},${create},${version},${lease}`);
    name = `${state.revision}:${keys.join(' ')}`;
    names.set(state, name);
  }
  return name;
}

/** One thing that a transaction does. */
export type ModelWrite = { readonly key: string; readonly put: string; readonly lease?: bigint } | { readonly key: string; readonly end?: string };

/** The state after these writes in one revision, and what they changed; the same state when they changed nothing. */
export function write(state: ModelState, writes: readonly ModelWrite[]): ModelState {
  const keys = new Map(state.keys);
  const revision = state.revision + 1;
  let isChanged = false;
  for (const each of writes) {
    if ('put' in each) {
      const before = keys.get(each.key);
      keys.set(each.key, { value: each.put, mod: revision, create: before?.create ?? revision, version: (before?.version ?? 0) + 1, lease: each.lease ?? 0n });
      isChanged = true;
      continue;
    }
    for (const key of keysIn(keys, each.key, each.end)) isChanged = keys.delete(key) || isChanged;
  }
  return isChanged ? { revision, keys } : state;
}

/** The keys from `start` on, up to `end`; without `end` just the one. Sorted. */
export function keysIn(keys: ReadonlyMap<string, ModelValue>, start: string, end: string | undefined): string[] {
  if (end === undefined) return keys.has(start) ? [start] : [];
  return [...keys.keys()].filter((key) => key >= start && key < end).sort();
}

/**
 * An operation on the store: `apply` gives the state after it, and whether what the client was told fits. What was not answered but is
 * known to have made `revision` can only have been there; what is known to have made none is to be left out.
 */
export function modelOperation(start: number, end: number, text: string, apply: (state: ModelState) => { readonly after: ModelState; readonly fits: boolean }, revision?: number): Operation<ModelState> {
  return {
    start,
    end,
    text,
    step: (state) => {
      if (revision !== undefined && state.revision + 1 !== revision) return undefined;
      const { after, fits } = apply(state);
      if (!fits || (revision !== undefined && after.revision !== revision)) return undefined;
      return after;
    },
  };
}

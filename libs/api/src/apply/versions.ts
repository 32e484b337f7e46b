import type { SchemaNode } from '../schema/node.ts';
import { compare, type Comparison } from './compare.ts';

/** An object together with how its schema sees it. */
export interface Typed {
  readonly schema: SchemaNode;
  readonly object: object;
}

/** Converts objects of one kind between the versions that serve it; `undefined` for a version that is not served (any more). */
export interface Versions {
  readonly apiVersion: string;
  /** `object` is in `apiVersion`. */
  to(apiVersion: string, object: object): Typed | undefined;
  /** Back again. */
  from(apiVersion: string, object: object): object;
}

/** Of a kind that is served in one version. */
export function oneVersion(apiVersion: string, schema: SchemaNode): Versions {
  return { apiVersion, to: (other, object) => (other === apiVersion ? { schema, object } : undefined), from: (_other, object) => object };
}

/** The difference between two states, as each version that managers know sees it; computed once per version. */
export class Comparisons {
  readonly #versions: Versions;
  readonly #before: object;
  readonly #after: object;
  readonly #skip: (name: string) => boolean;
  readonly #known = new Map<string, Comparison | undefined>();

  constructor(versions: Versions, before: object, after: object, skip: (name: string) => boolean) {
    this.#versions = versions;
    this.#before = before;
    this.#after = after;
    this.#skip = skip;
  }

  /** `undefined` when the version is not served. */
  in(apiVersion: string): Comparison | undefined {
    if (this.#known.has(apiVersion)) return this.#known.get(apiVersion);
    const before = this.#versions.to(apiVersion, this.#before);
    const after = this.#versions.to(apiVersion, this.#after);
    const comparison = before === undefined || after === undefined ? undefined : compare(after.schema, before.object, after.object, this.#skip);
    this.#known.set(apiVersion, comparison);
    return comparison;
  }
}

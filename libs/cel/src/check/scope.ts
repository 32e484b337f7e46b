import type { Type } from './type.ts';

/** Where a variable's value is found: among the inputs by name, or among the values of enclosing macros by place. */
export type Place = { readonly from: 'input'; readonly name: string } | { readonly from: 'local'; readonly slot: number };

/** The variables of macros around an expression. */
export class Scope {
  readonly #parent: Scope | undefined;
  readonly #names: ReadonlyMap<string, { readonly type: Type; readonly slot: number }>;
  /** Locals in use up to here. */
  readonly depth: number;

  constructor(parent?: Scope, variables: ReadonlyArray<readonly [name: string, type: Type]> = []) {
    this.#parent = parent;
    const base = parent?.depth ?? 0;
    this.#names = new Map(variables.map(([name, type], at) => [name, { type, slot: base + at }]));
    this.depth = base + variables.length;
  }

  find(name: string): { readonly type: Type; readonly slot: number } | undefined {
    return this.#names.get(name) ?? this.#parent?.find(name);
  }
}

import type { Offset } from './error.ts';
import type { Literal } from './lexer.ts';

interface Base {
  /** The operator's place for operators, the first character otherwise. */
  readonly at: Offset;
}

/** An expression as parsed, its macros recognised. */
export type Expr = Base &
  (
    | { readonly op: 'literal'; readonly value: Literal }
    | { readonly op: 'name'; readonly name: string }
    | { readonly op: 'select'; readonly operand: Expr; readonly field: string; readonly optional: boolean }
    | { readonly op: 'index'; readonly operand: Expr; readonly index: Expr; readonly optional: boolean }
    /** A function or operator; `target` is the receiver of `target.f(args)`. */
    | { readonly op: 'call'; readonly name: string; readonly target: Expr | undefined; readonly args: readonly Expr[] }
    | { readonly op: 'and' | 'or'; readonly left: Expr; readonly right: Expr }
    | { readonly op: 'conditional'; readonly test: Expr; readonly yes: Expr; readonly no: Expr }
    | { readonly op: 'list'; readonly items: readonly ListItem[] }
    | { readonly op: 'map'; readonly entries: readonly MapEntry[] }
    /** `Type{field: value}`. */
    | { readonly op: 'object'; readonly type: string; readonly fields: readonly ObjectField[] }
    /** `has(operand.field)`. */
    | { readonly op: 'has'; readonly operand: Expr; readonly field: string }
    | Comprehension
    /** `cel.bind(name, value, result)`. */
    | { readonly op: 'bind'; readonly name: string; readonly value: Expr; readonly result: Expr }
  );

export interface ListItem {
  readonly value: Expr;
  /** `[?value]`: left out when the optional is empty. */
  readonly optional: boolean;
}

export interface MapEntry extends ListItem {
  readonly key: Expr;
}

export interface ObjectField extends ListItem {
  readonly name: string;
}

/** What a macro over the elements of a list or the entries of a map does with them. */
export type ComprehensionKind =
  | 'all'
  | 'exists'
  | 'existsOne'
  | 'filter'
  | 'map'
  | 'transformList'
  | 'transformMap'
  | 'transformMapEntry'
  | 'optMap'
  | 'optFlatMap';

export interface Comprehension {
  readonly op: 'comprehension';
  readonly at: Offset;
  readonly kind: ComprehensionKind;
  readonly range: Expr;
  /** One variable is the element of a list or the key of a map; two are index and element, or key and value. */
  readonly names: readonly string[];
  readonly filter: Expr | undefined;
  readonly body: Expr;
}

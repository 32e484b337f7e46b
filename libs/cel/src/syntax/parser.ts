import type { Expr, ListItem, MapEntry, ObjectField } from './ast.ts';
import { CompileError } from './error.ts';
import { tokens, type Token } from './lexer.ts';
import { expandCall } from './macros.ts';

/** Nesting of brackets, calls and operators; deeper ones are refused before they use up the stack (cel-go: 250). */
const depthMax = 250;
/** Length of an expression, UTF-16 units (cel-go: 100,000 code points). */
const lengthMax = 100_000;

const reserved = new Set(['as', 'break', 'const', 'continue', 'else', 'for', 'function', 'if', 'import', 'let', 'loop', 'package', 'namespace', 'return', 'var', 'void', 'while', 'in']);

/** Operators that take their operands from the left, weakest first. */
const levels: ReadonlyArray<Readonly<Record<string, string>>> = [
  { '==': '_==_', '!=': '_!=_', '<': '_<_', '<=': '_<=_', '>': '_>_', '>=': '_>=_', in: '@in' },
  { '+': '_+_', '-': '_-_' },
  { '*': '_*_', '/': '_/_', '%': '_%_' },
];

/** Parses an expression of the language (cel-spec, "Syntax"). Throws `CompileError` that shows where it stops making sense. */
export function parse(source: string): Expr {
  if (source.length > lengthMax) throw new CompileError('', [{ at: 0, text: `expression code point size exceeds limit: size: ${source.length}, limit ${lengthMax}` }]);
  return new Parser(source).whole();
}

class Parser {
  readonly #source: string;
  readonly #tokens: readonly Token[];
  #next = 0;
  #depth = 0;

  constructor(source: string) {
    this.#source = source;
    this.#tokens = tokens(source);
  }

  whole(): Expr {
    const expr = this.#expression();
    const rest = this.#peek();
    return rest.kind === 'end' ? expr : this.#unexpected(rest, '<EOF>');
  }

  #expression(): Expr {
    if (++this.#depth > depthMax) this.#fail(this.#peek(), `expression recursion limit exceeded: ${depthMax}`);
    const test = this.#or();
    let expr = test;
    const { at } = this.#peek();
    if (this.#take('?')) {
      const yes = this.#or();
      this.#expect(':');
      expr = { op: 'conditional', at, test, yes, no: this.#expression() };
    }
    this.#depth--;
    return expr;
  }

  #or(): Expr {
    return this.#logical('or', '||', () => this.#logical('and', '&&', () => this.#binary(0)));
  }

  #logical(op: 'and' | 'or', sign: string, operand: () => Expr): Expr {
    const operands = [operand()];
    const places: number[] = [];
    for (let at = this.#peek().at; this.#take(sign); at = this.#peek().at) {
      places.push(at);
      operands.push(operand());
    }
    return balanced(op, operands, places, 0, operands.length);
  }

  #binary(level: number): Expr {
    const names = levels[level];
    if (names === undefined) return this.#unary();
    let left = this.#binary(level + 1);
    const before = this.#depth;
    for (;;) {
      const token = this.#peek();
      const name = token.kind === 'punctuation' || token.text === 'in' ? names[token.text] : undefined;
      if (name === undefined) break;
      // A chain of operators is a tree as deep as it is long.
      if (++this.#depth > depthMax) this.#fail(token, `expression recursion limit exceeded: ${depthMax}`);
      this.#next++;
      left = { op: 'call', at: token.at, name, target: undefined, args: [left, this.#binary(level + 1)] };
    }
    this.#depth = before;
    return left;
  }

  #unary(): Expr {
    const { text, at, kind } = this.#peek();
    if (kind !== 'punctuation' || (text !== '!' && text !== '-')) return this.#member();
    if (++this.#depth > depthMax) this.#fail(this.#peek(), `expression recursion limit exceeded: ${depthMax}`);
    this.#next++;
    const operand = this.#unary();
    this.#depth--;
    if (text === '-' && operand.op === 'literal' && (typeof operand.value === 'number' || typeof operand.value === 'bigint')) return { ...operand, at, value: -operand.value };
    return { op: 'call', at, name: text === '!' ? '!_' : '-_', target: undefined, args: [operand] };
  }

  #member(): Expr {
    let expr = this.#primary();
    const before = this.#depth;
    for (;;) {
      const { at } = this.#peek();
      if (++this.#depth > depthMax) this.#fail(this.#peek(), `expression recursion limit exceeded: ${depthMax}`);
      if (this.#take('.')) expr = this.#selection(expr, at);
      else if (this.#take('[')) {
        const optional = this.#take('?');
        const index = this.#expression();
        this.#expect(']');
        expr = { op: 'index', at, operand: expr, index, optional };
      } else if (this.#peek().text === '{' && qualifiedName(expr) !== undefined) expr = this.#object(expr);
      else break;
    }
    this.#depth = before;
    return expr;
  }

  #selection(operand: Expr, at: number): Expr {
    const optional = this.#take('?');
    const token = this.#peek();
    if (token.kind !== 'name' && token.kind !== 'quoted-name') return this.#unexpected(token, 'IDENTIFIER');
    this.#next++;
    if (optional || token.kind === 'quoted-name' || this.#peek().text !== '(') return { op: 'select', at, operand, field: token.text, optional };
    const { at: paren } = this.#peek();
    this.#next++;
    return this.#expanded({ op: 'call', at: paren, name: token.text, target: operand, args: this.#list(')', () => this.#expression()) });
  }

  #primary(): Expr {
    const token = this.#peek();
    this.#next++;
    if (token.kind === 'literal') return { op: 'literal', at: token.at, value: token.value };
    if (token.kind === 'name') return this.#named(token);
    if (token.kind === 'punctuation') {
      if (token.text === '(') {
        const expr = this.#expression();
        this.#expect(')');
        return expr;
      }
      if (token.text === '[') return { op: 'list', at: token.at, items: this.#list(']', () => this.#item()) };
      if (token.text === '{') return { op: 'map', at: token.at, entries: this.#list('}', () => this.#entry()) };
      if (token.text === '.') {
        const name = this.#peek();
        if (name.kind !== 'name') return this.#unexpected(name, 'IDENTIFIER');
        this.#next++;
        return this.#named(name);
      }
    }
    return this.#unexpected(token, 'an expression');
  }

  #named(token: Token): Expr {
    if (reserved.has(token.text)) return this.#fail(token, `reserved identifier: ${token.text}`);
    const { at: paren } = this.#peek();
    if (!this.#take('(')) return { op: 'name', at: token.at, name: token.text };
    return this.#expanded({ op: 'call', at: paren, name: token.text, target: undefined, args: this.#list(')', () => this.#expression()) });
  }

  #expanded(call: Extract<Expr, { op: 'call' }>): Expr {
    return expandCall(call, (at, text) => {
      throw new CompileError(this.#source, [{ at, text }]);
    });
  }

  #item(): ListItem {
    const optional = this.#take('?');
    return { optional, value: this.#expression() };
  }

  #entry(): MapEntry {
    const optional = this.#take('?');
    const key = this.#expression();
    this.#expect(':');
    return { optional, key, value: this.#expression() };
  }

  #object(typeName: Expr): Expr {
    const { at } = this.#peek();
    this.#expect('{');
    return { op: 'object', at, type: qualifiedName(typeName) ?? '', fields: this.#list('}', () => this.#field()) };
  }

  #field(): ObjectField {
    const optional = this.#take('?');
    const token = this.#peek();
    if (token.kind !== 'name' && token.kind !== 'quoted-name') return this.#unexpected(token, 'IDENTIFIER');
    this.#next++;
    this.#expect(':');
    return { optional, name: token.text, value: this.#expression() };
  }

  /** Elements up to the closing sign; a comma may follow the last one. */
  #list<T>(close: string, element: () => T): T[] {
    const elements: T[] = [];
    while (!this.#take(close)) {
      elements.push(element());
      if (this.#take(close)) break;
      this.#expect(',');
    }
    return elements;
  }

  #peek(): Token {
    return this.#tokens[this.#next] ?? { kind: 'end', text: '<EOF>', at: this.#source.length };
  }

  #take(sign: string): boolean {
    const token = this.#peek();
    if (token.kind !== 'punctuation' || token.text !== sign) return false;
    this.#next++;
    return true;
  }

  #expect(sign: string): void {
    if (!this.#take(sign)) this.#unexpected(this.#peek(), `'${sign}'`);
  }

  #unexpected(token: Token, expected: string): never {
    return this.#fail(token, token.kind === 'end' ? `Syntax error: mismatched input '<EOF>' expecting ${expected}` : `Syntax error: extraneous input '${token.text}' expecting ${expected}`);
  }

  #fail(token: Token, text: string): never {
    throw new CompileError(this.#source, [{ at: token.at, text }]);
  }
}

/** A long chain of `&&` or `||` as a tree of little depth: both are associative. */
function balanced(op: 'and' | 'or', operands: readonly Expr[], places: readonly number[], from: number, to: number): Expr {
  const only = operands[from];
  if (to - from === 1 && only !== undefined) return only;
  const middle = from + Math.ceil((to - from) / 2);
  return { op, at: places[middle - 1] ?? 0, left: balanced(op, operands, places, from, middle), right: balanced(op, operands, places, middle, to) };
}

/** `a.b.c` as text; undefined for any other expression. */
export function qualifiedName(expr: Expr): string | undefined {
  if (expr.op === 'name') return expr.name;
  if (expr.op !== 'select' || expr.optional) return undefined;
  const prefix = qualifiedName(expr.operand);
  return prefix === undefined ? undefined : `${prefix}.${expr.field}`;
}

/** A place in the text of an expression: offset in UTF-16 units. */
export type Offset = number;

/** An expression that cannot be used: what is wrong at which place. */
export interface Issue {
  readonly at: Offset;
  readonly text: string;
}

/** An expression does not parse or does not type-check; the message shows every place, as cel-go prints them. */
export class CompileError extends Error {
  override readonly name = 'CompileError';
  readonly issues: readonly Issue[];

  constructor(source: string, issues: readonly Issue[]) {
    super(issues.map((issue) => show(source, issue)).join('\n'));
    this.issues = issues;
  }
}

/** `ERROR: <input>:line:column: text`, the line, and a marker below the place. */
function show(source: string, { at, text }: Issue): string {
  const before = source.slice(0, at);
  const line = before.split('\n').length;
  const start = before.lastIndexOf('\n') + 1;
  const end = source.indexOf('\n', start);
  const snippet = source.slice(start, end === -1 ? undefined : end);
  const column = at - start;
  return `ERROR: <input>:${line}:${column + 1}: ${text}\n | ${snippet}\n | ${'.'.repeat(column)}^`;
}

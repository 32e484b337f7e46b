/** One flag of a command; `--name value`, or `--name` alone for booleans. */
export type FlagSpec =
  | { readonly type: 'string'; readonly help: string; readonly default?: string; readonly required?: boolean }
  | { readonly type: 'number'; readonly help: string; readonly default?: number; readonly required?: boolean }
  | { readonly type: 'list'; readonly help: string; readonly default?: readonly string[]; readonly required?: boolean }
  /** May be given more than once; each value is taken as it is. */
  | { readonly type: 'repeated'; readonly help: string; readonly default?: readonly string[]; readonly required?: boolean }
  | { readonly type: 'boolean'; readonly help: string; readonly default?: boolean; readonly required?: boolean };

type Value<S extends FlagSpec> = S['type'] extends 'string' ? string : S['type'] extends 'number' ? number : S['type'] extends 'list' | 'repeated' ? readonly string[] : boolean;

type IsSet<S extends FlagSpec> = S extends { required: true } ? true : S extends { default: string | number | boolean | readonly string[] } ? true : S['type'] extends 'boolean' ? true : false;

/** What `parseFlags` gives: a required flag or one with a default is always there. */
export type Flags<S extends Readonly<Record<string, FlagSpec>>> = {
  readonly [K in keyof S]: IsSet<S[K]> extends true ? Value<S[K]> : Value<S[K]> | undefined;
};

/** A command line that cannot be used; the message names the flag. */
export class FlagError extends Error {
  override readonly name = 'FlagError';
}

/**
 * Parses `--name value` and `--name=value`; lists split at commas.
 * @throws FlagError for an unknown, malformed, repeated or missing flag, naming it.
 */
export function parseFlags<const S extends Readonly<Record<string, FlagSpec>>>(spec: S, argv: readonly string[]): Flags<S> {
  const given = new Map<string, string | number | boolean | readonly string[]>();
  for (let at = 0; at < argv.length; at++) {
    const argument = argv[at] ?? '';
    if (!argument.startsWith('--')) throw new FlagError(`unexpected argument "${argument}"`);
    const [name, inline] = splitOnce(argument.slice(2));
    const flag = Object.hasOwn(spec, name) ? spec[name] : undefined;
    if (flag === undefined) throw new FlagError(`unknown flag --${name}`);
    if (given.has(name) && flag.type !== 'repeated') throw new FlagError(`flag --${name} is given twice`);
    if (flag.type === 'boolean') {
      given.set(name, parseBoolean(name, inline));
      continue;
    }
    const text = inline ?? argv[++at];
    if (text === undefined) throw new FlagError(`flag --${name} needs a value`);
    given.set(name, flag.type === 'repeated' ? [...((given.get(name) as readonly string[] | undefined) ?? []), text] : parseValue(name, flag.type, text));
  }
  return Object.freeze(Object.fromEntries(Object.entries(spec).map(([name, flag]) => [name, valueOf(name, flag, given)]))) as Flags<S>;
}

/**
 * Parses the command line of a command that takes arguments besides flags: `names` are what they are called, all required.
 * @throws FlagError as `parseFlags` does, and for a missing argument, naming it.
 */
export function parseArguments<const S extends Readonly<Record<string, FlagSpec>>>(spec: S, names: readonly string[], argv: readonly string[]): { readonly flags: Flags<S>; readonly given: readonly string[] } {
  const given: string[] = [];
  const rest: string[] = [];
  for (let at = 0; at < argv.length; at++) {
    const argument = argv[at] ?? '';
    if (!argument.startsWith('--') && given.length < names.length) {
      given.push(argument);
      continue;
    }
    rest.push(argument);
    const [name, inline] = splitOnce(argument.slice(2));
    const takesValue = inline === undefined && Object.hasOwn(spec, name) && spec[name]?.type !== 'boolean';
    const value = argv[at + 1];
    if (!takesValue || value === undefined) continue;
    rest.push(value);
    at++;
  }
  const missing = names[given.length];
  if (missing !== undefined) throw new FlagError(`${missing} is missing`);
  return { flags: parseFlags(spec, rest), given };
}

/** The flags as aligned lines, for `--help`. */
export function helpText(spec: Readonly<Record<string, FlagSpec>>): string {
  const width = Math.max(...Object.keys(spec).map((name) => name.length));
  return Object.entries(spec)
    .map(([name, flag]) => `  --${name.padEnd(width)}  ${flag.help}${flag.default === undefined ? '' : ` (default ${String(flag.default)})`}`)
    .join('\n');
}

function valueOf(name: string, flag: FlagSpec, given: ReadonlyMap<string, unknown>): unknown {
  const value = given.get(name) ?? flag.default;
  if (value === undefined && flag.required === true) throw new FlagError(`flag --${name} is required`);
  return value ?? (flag.type === 'boolean' ? false : undefined);
}

function parseValue(name: string, type: 'string' | 'number' | 'list', text: string): string | number | readonly string[] {
  if (type === 'string') return text;
  if (type === 'list') return text.split(',').filter((item) => item !== '');
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new FlagError(`flag --${name} needs a number, not "${text}"`);
  return value;
}

function parseBoolean(name: string, inline: string | undefined): boolean {
  if (inline === undefined || inline === 'true') return true;
  if (inline === 'false') return false;
  throw new FlagError(`flag --${name} takes true or false, not "${inline}"`);
}

function splitOnce(text: string): [string, string | undefined] {
  const at = text.indexOf('=');
  return at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

import { parseDuration } from '@rhythm/api';

/** What is wrong with a configuration file: one line for each field, none with the value of a secret. */
export class ConfigFileError extends Error {
  override readonly name = 'ConfigFileError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('; '));
    this.problems = problems;
  }
}

/**
 * One object of a configuration file, read strictly: each field that is asked for is known, every other one is a problem. Problems gather in a list
 * shared by the whole file, so that all are told at once. Values are never repeated unless the caller says so.
 */
export class Section {
  readonly path: string;
  readonly #value: Readonly<Record<string, unknown>>;
  readonly #problems: string[];
  readonly #asked = new Set<string>();

  private constructor(value: unknown, path: string, problems: string[]) {
    this.path = path;
    this.#problems = problems;
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    if (!isObject) this.#problems.push(`${path === '' ? 'the file' : path}: must be an object`);
    this.#value = isObject ? (value as Readonly<Record<string, unknown>>) : {};
  }

  /** Reads a whole file. @throws ConfigFileError with everything that `read` found wrong. */
  static read<T>(value: unknown, read: (root: Section) => T): T {
    const problems: string[] = [];
    const root = new Section(value, '', problems);
    const result = read(root);
    root.refuseUnknown();
    if (problems.length > 0) throw new ConfigFileError(problems);
    return result;
  }

  has(name: string): boolean {
    this.#asked.add(name);
    return Object.hasOwn(this.#value, name) && this.#value[name] !== undefined && this.#value[name] !== null;
  }

  /** Where a field stands: `resources[0].providers[1].aesgcm`. */
  at(name: string): string {
    return this.path === '' ? name : `${this.path}.${name}`;
  }

  problem(name: string, text: string): void {
    this.#problems.push(`${name === '' ? this.path : this.at(name)}: ${text}`);
  }

  text(name: string, byDefault = ''): string {
    if (!this.has(name)) return byDefault;
    const value = this.#value[name];
    if (typeof value === 'string') return value;
    this.problem(name, 'must be text');
    return byDefault;
  }

  /** Text that must be there. */
  needed(name: string): string {
    const value = this.text(name);
    if (value === '') this.problem(name, 'Required value');
    return value;
  }

  oneOf<T extends string>(name: string, allowed: readonly T[], byDefault?: T): T | undefined {
    const given = this.text(name, byDefault ?? '');
    const found = allowed.find((one) => one === given);
    if (found === undefined) this.problem(name, given === '' ? 'Required value' : `Unsupported value: ${JSON.stringify(given)}: supported values: ${allowed.map((one) => JSON.stringify(one)).join(', ')}`);
    return found;
  }

  integer(name: string): number | undefined {
    if (!this.has(name)) return undefined;
    const value = this.#value[name];
    if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
    this.problem(name, 'must be a whole number');
    return undefined;
  }

  flag(name: string, byDefault: boolean): boolean {
    if (!this.has(name)) return byDefault;
    const value = this.#value[name];
    if (typeof value === 'boolean') return value;
    this.problem(name, 'must be true or false');
    return byDefault;
  }

  /** A duration as Go writes it (`3s`, `1m30s`), in milliseconds. */
  duration(name: string, byDefaultMs: number): number {
    if (!this.has(name)) return byDefaultMs;
    const nanos = parseDuration(this.text(name));
    const ms = nanos === undefined ? undefined : Number(nanos) / 1_000_000;
    if (ms === undefined) this.problem(name, 'must be a duration, as 3s or 1m30s');
    return ms ?? byDefaultMs;
  }

  texts(name: string): string[] {
    return this.#list(name).flatMap((item, index) => {
      if (typeof item === 'string') return [item];
      this.#problems.push(`${this.at(name)}[${index}]: must be text`);
      return [];
    });
  }

  section(name: string): Section | undefined {
    return this.has(name) ? this.#child(this.#value[name], this.at(name)) : undefined;
  }

  sections(name: string): Section[] {
    return this.#list(name).map((item, index) => this.#child(item, `${this.at(name)}[${index}]`));
  }

  /** To call once all known fields have been asked for; the sections below are checked by whoever reads them. */
  refuseUnknown(): void {
    for (const name of Object.keys(this.#value)) if (!this.#asked.has(name)) this.problem(name, 'unknown field');
  }

  #list(name: string): readonly unknown[] {
    if (!this.has(name)) return [];
    const value = this.#value[name];
    if (Array.isArray(value)) return value;
    this.problem(name, 'must be a list');
    return [];
  }

  #child(value: unknown, path: string): Section {
    return new Section(value, path, this.#problems);
  }
}

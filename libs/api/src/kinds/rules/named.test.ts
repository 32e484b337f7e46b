import { readFileSync, readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { casesOf } from './testing.ts';
import type { NamedCase } from './testing.ts';
import { elsewhere } from './named-elsewhere.ts';

/*
 * Every rule of the tables in facts/ has a case that names it: here, in the *.rules.test.ts files beside this one, or in a test named in
 * named-elsewhere.ts. A row is named by its kinds and its path; `spec.a, b` stands for `spec.a` and `spec.b`.
 */

const here = new URL('.', import.meta.url);
const root = new URL('../../../../../', here);
// Anew, also where they have run in this process as tests.
const modules = readdirSync(here).filter((name) => name.endsWith('.rules.test.ts')).map((name) => () => import(`${new URL(name, here).pathname}?named`));
const cases = await casesOf(modules);

interface Row {
  readonly group: string;
  readonly kinds: readonly string[];
  readonly path: string;
}

function rowsOf(table: Table): Row[] {
  const lines = readFileSync(new URL(`facts/${table}.tsv`, here), 'utf8').trimEnd().split('\n').slice(1);
  return lines.map((line) => {
    const [group = '', kind = '', path = ''] = line.split('\t');
    return { group, kinds: kind.split(/, |; /), path };
  });
}

/** `Kind path`s that a case speaks of. */
function namesOf({ of, rule }: NamedCase): string[] {
  const kinds = of.split(', ');
  const names = kinds.map((kind) => `${kind} ${rule}`);
  let about = kinds;
  let prefix = '';
  for (const part of rule.split(', ')) {
    const [, kind, rest] = /^([A-Z]\w+) (\S.*)$/.exec(part) ?? [];
    if (kind !== undefined) about = [kind];
    const path = rest ?? part;
    if (path.includes('.')) prefix = path.slice(0, path.lastIndexOf('.') + 1);
    names.push(...about.flatMap((k) => [`${k} ${path}`, `${k} ${prefix}${path}`]));
  }
  return names;
}

/** The cases that can speak of a table's rows: what may not change is judged by updates, what is filled in by defaults. */
const tables = { validation: ['create', 'update'], immutable: ['update'], defaults: ['defaults'] } as const;
type Table = keyof typeof tables;

function namedIn(table: Table): (row: Row) => boolean {
  const about: readonly string[] = tables[table];
  const own = cases.filter((c) => about.includes(c.about));
  const named = new Set(own.flatMap(namesOf));
  const rules = new Set(own.map((c) => c.rule));
  return (row) => isNamed(row, named, rules);
}

function isNamed({ kinds, path }: Row, named: ReadonlySet<string>, rules: ReadonlySet<string>): boolean {
  return kinds.every((kind) => {
    if (kind === 'every kind' || kind === 'named rule') return rules.has(path);
    if (named.has(`${kind} ${path}`)) return true;
    const [first = '', ...others] = path.split(', ');
    const prefix = first.slice(0, first.lastIndexOf('.') + 1);
    return others.length > 0 && [first, ...others].every((part) => named.has(`${kind} ${part}`) || named.has(`${kind} ${prefix}${part}`));
  });
}

const key = ({ kinds, path }: Row): string => `${kinds.join(', ')} | ${path}`;

test.each(Object.keys(tables) as Table[])('every row of %s.tsv has a case that names it', (table) => {
  const isIn = namedIn(table);
  const without = [...new Set(rowsOf(table).filter((row) => !isIn(row)).map(key))];
  expect(without.filter((row) => elsewhere[table][row] === undefined)).toEqual([]);
  expect(Object.keys(elsewhere[table]).filter((row) => !without.includes(row)), 'named here after all').toEqual([]);
});

test('tests that rows lean on elsewhere are there', () => {
  for (const [row, where] of Object.values(elsewhere).flatMap(Object.entries)) {
    if (where.file === undefined) continue;
    expect(readFileSync(new URL(where.file, root), 'utf8').includes(where.has), `${row}: ${where.file} has no ${where.has}`).toBe(true);
  }
});

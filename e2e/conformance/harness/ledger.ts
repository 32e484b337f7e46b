import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** One behaviour that Kubernetes' conformance suite asks for. */
export interface Row {
  readonly id: string;
  readonly sig: string;
  /** The release in which it joined or changed. */
  readonly release: string;
  /** What has to work in a cluster for it to pass. */
  readonly needs: readonly string[];
  readonly must: string;
}

const folder = resolve(dirname(fileURLToPath(import.meta.url)), '..');

function table(file: string): string[][] {
  return readFileSync(join(folder, file), 'utf8').trimEnd().split('\n').slice(1).map((line) => line.split('\t'));
}

/** All rows up to v1.35, in the order of rows.tsv. */
export const ledger: ReadonlyMap<string, Row> = new Map(table('rows.tsv').map(([id = '', sig = '', release = '', needs = '', must = '']) => [id, { id, sig, release, needs: needs.split(','), must }]));

/** Rows that pass against a server without semantics, and why nothing stronger can be asked. */
export const passWithoutSemantics: ReadonlyMap<string, string> = new Map(table('passes-without-semantics.tsv').map(([id = '', why = '']) => [id, why]));

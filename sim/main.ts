import { describe, missing, type Outcome } from './columns.ts';
import * as core from './core/run.ts';
import * as store from './store/run.ts';

/** One part of the system that is simulated. */
interface Part {
  readonly name: string;
  readonly columns: readonly string[];
  readonly acknowledgedMin: number;
  readonly run: (seed: number) => Outcome | Promise<Outcome>;
  /** It runs every so many seeds: it takes so much longer than the others. */
  readonly every: number;
}

const parts: readonly Part[] = [
  { name: 'core', columns: core.columns, acknowledgedMin: core.acknowledgedMin, run: (seed) => core.runSeed(seed), every: 1 },
  { name: 'store', columns: store.columns, acknowledgedMin: store.acknowledgedMin, run: (seed) => store.runStore(seed), every: 16 },
];

/** Runs that are enough for every column to be expected above 0. */
const columnsFrom = 50;

/**
 * `npm run sim -- [--minutes N | --seeds N | --seed S] [--first S] [--part NAME]`: runs seeds of every part in turn, and says what happened.
 * Ends with 1 at the first that fails; `--seed` replays one exactly.
 */
const argument = (name: string): number | undefined => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? undefined : Number(process.argv[at + 1]);
};

const only = argument('seed');
const first = only ?? argument('first') ?? 1;
const count = only !== undefined ? 1 : (argument('seeds') ?? Infinity);
const until = process.uptime() + (count < Infinity && argument('minutes') === undefined ? Infinity : (argument('minutes') ?? 1) * 60);
const named = process.argv[process.argv.indexOf('--part') + 1];
const chosen = process.argv.includes('--part') ? parts.filter(({ name }) => name === named) : parts;
if (chosen.length === 0) throw new Error(`there is no part ${named}: ${parts.map(({ name }) => name).join(', ')}`);
const outcomes = new Map(chosen.map(({ name }) => [name, [] as Outcome[]]));

function fail(text: string): void {
  console.log(text);
  process.exitCode = 1;
}

for (let seed = first; seed < first + count && process.uptime() < until && process.exitCode === undefined; seed++) {
  for (const part of chosen) {
    if (only === undefined && chosen.length > 1 && seed % part.every !== 0) continue;
    // Runs of the slower part are seeds of their own, one after the other.
    const outcome = await part.run(only === undefined && chosen.length > 1 ? seed / part.every : seed);
    outcomes.get(part.name)?.push(outcome);
    const replay = `replay: npm run sim -- --seed ${outcome.seed} --part ${part.name}`;
    if (outcome.violation !== undefined) fail(`${part.name}, seed ${outcome.seed} (${outcome.members} members): ${outcome.violation.stack}\n${replay}`);
    else if (outcome.acknowledged < part.acknowledgedMin) fail(`${part.name}, seed ${outcome.seed}: only ${outcome.acknowledged} operations were acknowledged\n${replay}`);
  }
}
for (const { name, columns: expected } of chosen) {
  const done = outcomes.get(name) ?? [];
  console.log(`${name}: ${describe(done)}`);
  const counts = done.length < columnsFrom ? [] : missing(expected, new Map(done.flatMap(({ counts: each }) => [...each])));
  if (counts.length > 0) fail(`${name}: never happened: ${counts.join(', ')}`);
}

import { acknowledgedMin, runSeed, type Outcome } from './run.ts';

/** `npm run sim -- --minutes N | --seed S [--first S]`: runs seeds and says what happened; ends with 1 at the first that fails. */
const argument = (name: string): number | undefined => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? undefined : Number(process.argv[at + 1]);
};

export function describe(outcomes: readonly Outcome[]): string {
  const counts = new Map<string, number>();
  for (const outcome of outcomes) for (const [kind, count] of outcome.counts) counts.set(kind, (counts.get(kind) ?? 0) + count);
  const sum = (of: (outcome: Outcome) => number): number => outcomes.reduce((total, outcome) => total + of(outcome), 0);
  const kinds = [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([kind, count]) => `${kind} ${count}`);
  return `${outcomes.length} seeds, ${sum((o) => o.acknowledged)} operations acknowledged, ${sum((o) => o.leaderChanges)} leaders; ${kinds.join(', ')}`;
}

if (process.argv[1]?.endsWith('sim/store/main.ts') === true) {
  const only = argument('seed');
  const until = process.uptime() + (argument('minutes') ?? 1) * 60;
  const outcomes: Outcome[] = [];
  for (let seed = only ?? argument('first') ?? 1; process.uptime() < until; seed++) {
    const outcome = runSeed(seed);
    outcomes.push(outcome);
    if (outcome.violation !== undefined) {
      console.log(`seed ${seed} (${outcome.members} members): ${outcome.violation.stack}\nreplay: npm run sim -- --seed ${seed}`);
      process.exitCode = 1;
      break;
    }
    if (outcome.acknowledged < acknowledgedMin) {
      console.log(`seed ${seed}: only ${outcome.acknowledged} operations were acknowledged`);
      process.exitCode = 1;
    }
    if (only !== undefined) break;
  }
  console.log(describe(outcomes));
}

/**
 * Every test, in the order in which they are cheap: types, lint, import rules, generated code, unit tests, end to end.
 * Each check counts as one test. Ends with one line, `N passed, N failed, N skipped`, and 1 when anything failed.
 * Arguments choose suites: `types lint boundaries generated build unit sim e2e` (default all of these), or `long` and `properties`:
 * the longer end-to-end runs, and many times the runs of the property tests.
 */
import { spawn } from 'node:child_process';
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');

interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

interface Suite {
  readonly name: string;
  readonly run: () => Promise<Counts>;
  /** Only when it is named. */
  readonly onDemand?: boolean;
}

const suites: readonly Suite[] = [
  { name: 'types', run: () => check(['tsc', '-p', 'tsconfig.json']) },
  { name: 'lint', run: () => check(['oxlint', '--type-aware', '--deny-warnings']) },
  { name: 'boundaries', run: () => check(['node', 'tools/check-boundaries.ts']) },
  ...(existsSync(join(root, 'tools/generate.ts')) ? [{ name: 'generated', run: () => check(['node', 'tools/generate.ts', '--check']) }] : []),
  { name: 'build', run: () => check(['./rhythm', '--build']) },
  { name: 'unit', run: () => vitest('vitest.config.ts') },
  { name: 'sim', run: () => check(['node', 'sim/main.ts', '--seeds', '2400']) },
  { name: 'e2e', run: () => vitest('e2e/vitest.config.ts', {}, ['./e2e/conformance/harness/reporter.ts']) },
  { name: 'long', onDemand: true, run: () => vitest('e2e/vitest.config.ts', { RHYTHM_LONG: '1' }) },
  { name: 'properties', onDemand: true, run: () => vitest('vitest.config.ts', { RHYTHM_RUNS: '400' }, [], propertyTests()) },
];

/** One command that must end with 0: one test. */
async function check(command: readonly string[]): Promise<Counts> {
  return (await execute(command)) === 0 ? { passed: 1, failed: 0, skipped: 0 } : { passed: 0, failed: 1, skipped: 0 };
}

/** The unit tests that make as many runs as RHYTHM_RUNS says. */
function propertyTests(): string[] {
  const found = ['apps', 'libs'].flatMap((top) => globSync(`${top}/*/src/**/*.test.ts`, { cwd: root }).filter((file) => readFileSync(join(root, file), 'utf8').includes("process.env['RHYTHM_RUNS']")));
  if (found.length === 0) throw new Error('no unit test reads RHYTHM_RUNS');
  return found;
}

/** What vitest's JSON report holds of interest. */
interface Report {
  readonly testResults: ReadonlyArray<{ readonly status: string; readonly assertionResults: ReadonlyArray<{ readonly status: string }> }>;
}

/** @param files of the configuration's, those to run; default all. */
async function vitest(config: string, env: Readonly<Record<string, string>> = {}, reporters: readonly string[] = [], files: readonly string[] = []): Promise<Counts> {
  const scratch = mkdtempSync(join(tmpdir(), 'rhythm-report-'));
  const file = join(scratch, 'report.json');
  try {
    const code = await execute(['vitest', 'run', '--config', config, '--root', root, ...['default', 'json', ...reporters].map((reporter) => `--reporter=${reporter}`), `--outputFile.json=${file}`, ...files], env);
    if (!existsSync(file)) return { passed: 0, failed: 1, skipped: 0 };
    const counts = countsOf(JSON.parse(readFileSync(file, 'utf8')) as Report);
    // An error outside every test: vitest says so by its exit code only.
    return code !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** A file that failed before its tests ran counts as one failure. */
function countsOf(report: Report): Counts {
  const statuses = report.testResults.flatMap(({ assertionResults }) => assertionResults.map(({ status }) => status));
  const broken = report.testResults.filter(({ status, assertionResults }) => status === 'failed' && assertionResults.every((test) => test.status !== 'failed'));
  const passed = statuses.filter((status) => status === 'passed').length;
  const failed = statuses.filter((status) => status === 'failed').length;
  return { passed, failed: failed + broken.length, skipped: statuses.length - passed - failed };
}

function execute([command = '', ...args]: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<number> {
  return new Promise((done) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, ...env } });
    child.on('error', (error) => {
      console.error(`${command}: ${error.message}`);
      done(127);
    });
    child.on('close', (code) => done(code ?? 1));
  });
}

const chosen = process.argv.slice(2);
const unknown = chosen.filter((name) => !suites.some((suite) => suite.name === name));
if (unknown.length > 0) {
  console.error(`no suite ${unknown.join(', ')}: there are ${suites.map(({ name }) => name).join(', ')}`);
  process.exit(2);
}
const total = { passed: 0, failed: 0, skipped: 0 };
const summaries: string[] = [];
for (const suite of suites.filter(({ name, onDemand }) => (chosen.length === 0 ? onDemand !== true : chosen.includes(name)))) {
  const from = performance.now();
  console.log(`\n== ${suite.name}`);
  const counts = await suite.run();
  total.passed += counts.passed;
  total.failed += counts.failed;
  total.skipped += counts.skipped;
  summaries.push(`${suite.name.padEnd(12)} ${String(counts.passed).padStart(5)} passed ${String(counts.failed).padStart(4)} failed ${String(counts.skipped).padStart(4)} skipped ${((performance.now() - from) / 1000).toFixed(1).padStart(7)} s`);
}
console.log(`\n${summaries.join('\n')}`);
process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1;
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);

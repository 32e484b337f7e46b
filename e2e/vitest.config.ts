import { defineConfig } from 'vitest/config';
import { ByPath } from './support/by-path.ts';

/** Nothing here measures how fast we are (bench/ does): each wait is there to find what hangs, also on a machine several times slower than ours. */
const common = { testTimeout: 240_000, hookTimeout: 360_000, teardownTimeout: 240_000, expect: { poll: { timeout: 120_000 } }, setupFiles: ['e2e/support/tell-logs.ts'], pool: 'forks' as const };

/** Rows share one process: the client they all use is large. */
const conformance = { ...common, include: ['e2e/conformance/rows/**/*.test.ts'], isolate: false, maxConcurrency: 6 };

/** `npm run test:long` runs these instead; what they prove has a shorter test in the daily run. */
const long = process.env['RHYTHM_LONG'] === '1';

/** `--sequence.shuffle.files` runs them in another order, to see that it does not matter. */
const isShuffled = process.argv.some((argument) => argument.startsWith('--sequence.shuffle'));

/**
 * End-to-end tests: real processes, real containers, real clients. One file at a time: they share the machine's
 * network. Each folder is a project; `firstlight` and `kubectl` have one cluster each that
 * their files share (support/shared-cluster.ts). `conformance` has one too, and runs its rows a second time, `without-semantics`, against a server that only
 * stores; both together write docs/conformance.md.
 */
export default defineConfig({
  test: {
    fileParallelism: false,
    maxWorkers: 1,
    ...(isShuffled ? {} : { sequence: { sequencer: ByPath } }),
    reporters: ['default', 'e2e/conformance/harness/reporter.ts'],
    projects: long
      ? [{ test: { ...common, name: 'long', testTimeout: 600_000, include: ['e2e/**/*.long.test.ts', 'e2e/refuses/refuses.test.ts'] } }]
      : [
          { test: { ...common, name: 'firstlight', include: ['e2e/firstlight/**/*.test.ts'], globalSetup: ['e2e/support/shared-cluster.ts'] } },
          { test: { ...common, name: 'kubectl', include: ['e2e/{kubectl,clients}/**/*.test.ts'], globalSetup: ['e2e/kubectl/setup.ts'], maxConcurrency: 6 } },
          { test: { ...conformance, name: 'conformance', globalSetup: ['e2e/conformance/harness/setup.ts'] } },
          { test: { ...conformance, name: 'without-semantics', globalSetup: ['e2e/conformance/harness/setup-without-semantics.ts'] } },
          { test: { ...common, name: 'e2e', include: ['e2e/**/*.test.ts'], exclude: ['e2e/{firstlight,kubectl,clients}/**', 'e2e/conformance/rows/**', 'e2e/**/*.long.test.ts'] } },
        ],
  },
});

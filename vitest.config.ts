import { defineConfig } from 'vitest/config';

const common = {
  // What hangs is found all the same; a machine ten times slower than ours does not fail for it.
  testTimeout: 180_000,
  hookTimeout: 120_000,
  teardownTimeout: 60_000,
  expect: { poll: { timeout: 60_000 } },
  pool: 'threads' as const,
};

/** Functions of values, or under a clock of the test's own: nothing that one file leaves behind can be seen by the next, and loading the kinds is most of their time. */
const pure = ['libs/{api,base,bolt,cel,mvcc,raft}/src/**/*.test.ts', 'apps/{controller-manager,scheduler}/src/**/*.test.ts'];

/** Unit tests: next to the code they test. End-to-end tests have a configuration of their own in e2e/. */
export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      { test: { ...common, name: 'pure', include: pure, isolate: false } },
      { test: { ...common, name: 'unit', include: ['{apps,libs}/*/src/**/*.test.ts', 'tools/**/*.test.ts', 'sim/**/*.test.ts'], exclude: pure } },
    ],
  },
});

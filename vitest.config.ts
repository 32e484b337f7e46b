import { defineConfig } from 'vitest/config';

/** Unit tests: next to the code they test. End-to-end tests have a configuration of their own in e2e/. */
export default defineConfig({
  test: {
    include: ['{apps,libs}/*/src/**/*.test.ts', 'tools/**/*.test.ts', 'sim/**/*.test.ts'],
    // What hangs is found all the same; a machine ten times slower than ours does not fail for it.
    testTimeout: 180_000,
    hookTimeout: 120_000,
    teardownTimeout: 60_000,
    expect: { poll: { timeout: 60_000 } },
    pool: 'threads',
    maxWorkers: 2,
  },
});

import { defineConfig } from 'vitest/config';

/** Unit tests: next to the code they test. End-to-end tests have a configuration of their own in e2e/. */
export default defineConfig({
  test: {
    include: ['{apps,libs}/*/src/**/*.test.ts', 'tools/**/*.test.ts', 'sim/**/*.test.ts'],
    testTimeout: 20_000,
    hookTimeout: 30_000,
    pool: 'threads',
    maxWorkers: 2,
  },
});

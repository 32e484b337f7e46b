import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Reporter, TestModule, TestRunEndReason } from 'vitest/node';
import { repository } from '../../support/cluster.ts';
import { passWithoutSemantics } from './ledger.ts';
import { clusterHalf, merged, plainHalf, type Outcome } from './report.ts';

const file = join(repository, 'docs/conformance.md');

/** Writes docs/conformance.md after a run of all rows; a run of some leaves it alone. */
export default class ConformanceReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], _errors: readonly unknown[], reason: TestRunEndReason): void {
    if (reason === 'interrupted') return;
    const [cluster, plain] = ['conformance', 'without-semantics'].map((project) => outcomesOf(modules.filter((module) => module.project.name === project)));
    if (cluster === undefined && plain === undefined) return;
    if (plain !== undefined && passWithoutSemantics.size > plain.size / 20) {
      console.error(`${passWithoutSemantics.size} of ${plain.size} rows may pass without semantics: more than one in twenty`);
      process.exitCode = 1;
    }
    const before = existsSync(file) ? readFileSync(file, 'utf8') : '';
    const after = merged(before, cluster && clusterHalf(cluster), plain && plainHalf(plain));
    if (after !== before) writeFileSync(file, after);
  }
}

/** By row; `undefined` when not all were run. */
function outcomesOf(modules: readonly TestModule[]): ReadonlyMap<string, Outcome> | undefined {
  if (modules.length === 0 || modules.length < globSync('e2e/conformance/rows/**/*.test.ts', { cwd: repository }).length) return undefined;
  const outcomes = new Map<string, Outcome>();
  for (const module of modules) {
    for (const test of module.children.allTests()) {
      const { state } = test.result();
      if (state !== 'passed' && state !== 'failed') return undefined;
      outcomes.set(test.name.slice(0, test.name.indexOf(':')), state);
    }
    if (module.state() === 'failed' && [...module.children.allTests()].length === 0) return undefined;
  }
  return outcomes;
}

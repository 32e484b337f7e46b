import { expect, test } from 'vitest';
import { ledger, passWithoutSemantics } from './ledger.ts';
import { clusterHalf, inScope, merged, plainHalf } from './report.ts';

test('the ledger has every row up to v1.35 once', () => {
  expect(ledger.size).toBe(438);
  expect([...ledger.values()].filter(inScope)).toHaveLength(133);
  expect([...passWithoutSemantics.keys()].filter((id) => !ledger.has(id))).toEqual([]);
});

test('a report lists every row; those without a test are absent', () => {
  const report = clusterHalf(new Map([['watch-order', 'passed'], ['watch-multi', 'failed']]));
  expect(report).toContain('All 438 rows: 1 passed, 1 failed, 436 absent.');
  expect(report).toMatch(/^\| watch-order \| passed \| .+ \|$/m);
  expect(report).toMatch(/^\| watch-multi \| failed \| .+ \|$/m);
  expect(report).toMatch(/^\| rc-adopt \| absent \| .+ \|$/m);
});

test('each run replaces its own half', () => {
  const first = merged('', 'cluster 1', undefined);
  const both = merged(first, undefined, plainHalf(new Map([['watch-order', 'failed']])));
  expect(both).toMatch(/^cluster 1\n\n## Without semantics\n[^]*watch-order/);
  const again = merged(both, 'cluster 2', undefined);
  expect(again).toBe(both.replace('cluster 1', 'cluster 2'));
});

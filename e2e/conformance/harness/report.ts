import { ledger, passWithoutSemantics, type Row } from './ledger.ts';

export type Outcome = 'passed' | 'failed' | 'absent';

/** Where the half that the run without semantics writes begins. */
const plainHeading = '## Without semantics';

/** Rows that the API server answers for alone, and those that also name one of its parts. */
export function inScope({ needs }: Row): boolean {
  const own = new Set(['api', 'crd', 'webhook', 'aggregation', 'auth']);
  return needs.every((need) => own.has(need)) || needs.some((need) => need !== 'api' && own.has(need));
}

const escaped = (text: string): string => text.replaceAll('|', '\\|');

function countsOf(rows: readonly Row[], outcomeOf: (id: string) => Outcome): Record<Outcome, number> {
  const counts = { passed: 0, failed: 0, absent: 0 };
  for (const { id } of rows) counts[outcomeOf(id)]++;
  return counts;
}

const say = ({ passed, failed, absent }: Record<Outcome, number>): string => `${passed} passed, ${failed} failed, ${absent} absent`;

/** The half about the cluster that `up` starts: every row of the ledger. */
export function clusterHalf(outcomes: ReadonlyMap<string, Outcome>): string {
  const outcomeOf = (id: string): Outcome => outcomes.get(id) ?? 'absent';
  const rows = [...ledger.values()];
  const sigs = [...new Set(rows.map(({ sig }) => sig))].toSorted();
  const ofServer = rows.filter(inScope);
  return [
    '# Conformance',
    '',
    "What Kubernetes' conformance suite up to v1.35 asks for, row by row, and whether our test of it (e2e/conformance/rows) passes against the cluster that `rhythm up` starts.",
    'Written by the test run; absent: no test yet. The texts and what rows need are in e2e/conformance/rows.tsv. A v1.35 run has three rows more, the in-place resize of guaranteed pods, which left the suite in v1.36.',
    '',
    `All ${rows.length} rows: ${say(countsOf(rows, outcomeOf))}. Of these the ${ofServer.length} about the API server: ${say(countsOf(ofServer, outcomeOf))}.`,
    '',
    '| sig | rows | passed | failed | absent |',
    '| --- | --- | --- | --- | --- |',
    ...sigs.map((sig) => {
      const own = rows.filter((row) => row.sig === sig);
      const { passed, failed, absent } = countsOf(own, outcomeOf);
      return `| ${sig} | ${own.length} | ${passed} | ${failed} | ${absent} |`;
    }),
    ...sigs.flatMap((sig) => ['', `## ${sig}`, '', '| row | result | must |', '| --- | --- | --- |', ...rows.filter((row) => row.sig === sig).map(({ id, must }) => `| ${id} | ${outcomeOf(id)} | ${escaped(must)} |`)]),
    '',
  ].join('\n');
}

/** The half about the server that only stores: `failed` tests did not behave as they should there. */
export function plainHalf(outcomes: ReadonlyMap<string, Outcome>): string {
  const unexpected = [...outcomes].filter(([, outcome]) => outcome === 'failed').map(([id]) => id);
  return [
    plainHeading,
    '',
    `The same ${outcomes.size} tests run against a server that stores and echoes only. ${passWithoutSemantics.size} may pass there, at most one in twenty:`,
    '',
    '| row | why it passes there |',
    '| --- | --- |',
    ...[...passWithoutSemantics].map(([id, why]) => `| ${id} | ${escaped(why)} |`),
    '',
    ...(unexpected.length === 0 ? [] : [`Against what is expected: ${unexpected.join(', ')}.`, '']),
  ].join('\n');
}

/** Puts halves together; what was not run stays as it was. */
export function merged(before: string, cluster: string | undefined, plain: string | undefined): string {
  const at = before.indexOf(plainHeading);
  const [oldCluster, oldPlain] = at === -1 ? [before, ''] : [before.slice(0, at).trimEnd(), before.slice(at).trimEnd()];
  return `${[(cluster ?? oldCluster).trimEnd(), (plain ?? oldPlain).trimEnd()].filter((half) => half !== '').join('\n\n')}\n`;
}

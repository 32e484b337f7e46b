/** When history is thrown away by itself: never, with its age, or with the number of revisions. */
export type Retention = { readonly mode: 'off' } | { readonly mode: 'periodic'; readonly periodMs: number } | { readonly mode: 'revision'; readonly revisions: number };

const hourMs = 3_600_000;
/** Go's units of time. */
const unitsMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: hourMs };

/**
 * What etcd's flags `--auto-compaction-mode` and `--auto-compaction-retention` say: `periodic` with hours (`5`) or a duration (`1h30m`), `revision`
 * with a number of revisions; `0` turns it off. Throws naming what is wrong.
 */
export function parseRetention(mode: string, retention: string): Retention {
  if (mode !== 'periodic' && mode !== 'revision') throw new Error(`--auto-compaction-mode takes periodic or revision, not "${mode}"`);
  if (retention === '' || retention === '0') return { mode: 'off' };
  if (mode === 'revision') {
    if (!/^\d+$/.test(retention)) throw new Error(`--auto-compaction-retention takes a number of revisions in mode revision, not "${retention}"`);
    return { mode, revisions: Number(retention) };
  }
  const periodMs = /^\d+$/.test(retention) ? Number(retention) * hourMs : durationMs(retention);
  if (periodMs === undefined || periodMs < 0 || !Number.isFinite(periodMs)) throw new Error(`--auto-compaction-retention takes hours or a duration such as 30m, not "${retention}"`);
  return periodMs === 0 ? { mode: 'off' } : { mode, periodMs };
}

/** A Go duration in milliseconds; undefined when it is none. */
export function durationMs(text: string): number | undefined {
  if (text === '0') return 0;
  if (!/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(text)) return undefined;
  let sum = 0;
  for (const [, number = '', , unit = ''] of text.matchAll(/(\d+(\.\d+)?)(ms|s|m|h)/g)) sum += Number(number) * (unitsMs[unit] ?? 0);
  return sum;
}

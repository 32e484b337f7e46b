import type { Options } from '@rhythm/proto/api';

const texts = ['resourceVersion', 'resourceVersionMatch', 'labelSelector', 'fieldSelector', 'continue', 'fieldManager', 'fieldValidation', 'propagationPolicy'] as const;

/**
 * The options of a gRPC request as the query that they would be over HTTP: read by the same rules, refused in the same words,
 * and written down as the same request. `undefined` when there are none.
 */
export function queryOf(options: Options | undefined, verb: string): URLSearchParams | undefined {
  const pairs: [string, string][] = verb === 'watch' ? [['watch', 'true']] : [];
  if (options !== undefined) {
    for (const name of texts) if (options[name] !== '') pairs.push([name, options[name]]);
    if (options.limit !== 0n) pairs.push(['limit', String(options.limit)]);
    if (options.timeoutSeconds !== 0n) pairs.push(['timeoutSeconds', String(options.timeoutSeconds)]);
    if (options.allowWatchBookmarks) pairs.push(['allowWatchBookmarks', 'true']);
    if (options.sendInitialEvents !== undefined) pairs.push(['sendInitialEvents', String(options.sendInitialEvents)]);
    if (options.force) pairs.push(['force', 'true']);
    if (options.gracePeriodSeconds !== undefined) pairs.push(['gracePeriodSeconds', String(options.gracePeriodSeconds)]);
    for (const value of options.dryRun) pairs.push(['dryRun', value]);
    for (const { name, value } of options.parameters) pairs.push([name, value]);
  }
  return pairs.length === 0 ? undefined : new URLSearchParams(pairs);
}

import { Aggregator, type AggregatorPorts } from '../aggregation/index.ts';
import type { ApiserverConfig, ApiserverPorts } from '../config.ts';
import { limits } from '../limits.ts';

/** What hands requests on to aggregated servers. */
export function aggregatorOf(config: ApiserverConfig, served: Pick<AggregatorPorts, 'registry' | 'reader' | 'changes' | 'source' | 'metrics'>, { clock, random, log, live }: ApiserverPorts): Aggregator {
  const { frontProxy, proxyClient, tls } = config;
  return new Aggregator({ clientCa: tls.clientCa, requestMs: config.timeouts?.requestMs ?? limits.requestTimeoutMs, ...(live === undefined ? {} : { live }), ...(frontProxy === undefined ? {} : { frontProxy }), ...(proxyClient === undefined ? {} : { proxyClient }) }, { ...served, clock, random, log });
}

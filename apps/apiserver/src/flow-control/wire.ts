import type { KindRegistry } from '@rhythm/api';
import type { Clock, Log, Random } from '@rhythm/base';
import type { MetricsRegistry } from '@rhythm/telemetry';
import type { ResourceChanges } from '../auth/index.ts';
import type { PathHandler } from '../ports/handlers.ts';
import type { OwnWrites } from '../ports/own-writes.ts';
import type { ObjectReader } from '../ports/types.ts';
import type { Caches } from '../registry/caches.ts';
import { debugPages } from './debug-pages.ts';
import { costEstimate } from './estimate.ts';
import { FlowControl } from './flow-control.ts';
import type { FlowGate } from './gate.ts';
import { InflightLimits } from './inflight-limits.ts';
import { flowMetrics, flowStatsIn, utilizationIn } from './metrics.ts';
import { FlowUpkeep } from './upkeep.ts';

export interface FlowConfig {
  /** False: two plain limits instead of priority and fairness. */
  readonly enabled: boolean;
  /** Together they are the seats of the server. */
  readonly maxRequestsInflight: number;
  readonly maxMutatingRequestsInflight: number;
}

export const flowDefaults: FlowConfig = { enabled: true, maxRequestsInflight: 400, maxMutatingRequestsInflight: 200 };

export interface FlowWiring {
  readonly gate: FlowGate;
  readonly pages: readonly PathHandler[];
  /** Keeps the objects; absent when switched off. */
  upkeep(ports: { readonly reader: ObjectReader; readonly writes: OwnWrites; readonly changes: ResourceChanges }): FlowUpkeep | undefined;
}

/** The gate of the server as its flags want it. */
export function wireFlowControl(config: FlowConfig, requestTimeoutMs: number, ports: { readonly registry: KindRegistry; readonly caches: Caches; readonly metrics: MetricsRegistry; readonly clock: Clock; readonly random: Random; readonly log: Log }): FlowWiring {
  const { registry, caches, metrics, clock, random, log } = ports;
  if (!config.enabled) {
    const gate = new InflightLimits({ readOnly: config.maxRequestsInflight, mutating: config.maxMutatingRequestsInflight });
    return { gate, pages: [], upkeep: () => undefined };
  }
  const control = new FlowControl({
    clock,
    seats: config.maxRequestsInflight + config.maxMutatingRequestsInflight,
    requestTimeoutMs,
    seed: Math.floor(random.next() * 2 ** 32),
    estimate: costEstimate(registry, (kind) => caches.sizeOf(kind)),
    stats: flowStatsIn(metrics),
    utilization: utilizationIn(metrics),
  });
  flowMetrics(metrics, control, clock);
  return { gate: control, pages: [debugPages(control, clock)], upkeep: (more) => new FlowUpkeep(control, { ...more, clock, random, log }) };
}

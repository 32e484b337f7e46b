import type { Clock } from '@rhythm/base';
import type { Histogram, MetricsRegistry } from '@rhythm/telemetry';
import type { FlowControl } from './flow-control.ts';
import { flowBuckets, FlowStats } from './flow-stats.ts';
import type { PriorityLevel } from './priority-level.ts';
import { utilizationBuckets } from './seat-utilization.ts';

const prefix = 'apiserver_flowcontrol_';
const both = ['priority_level', 'flow_schema'] as const;

/** Makes where the flows are counted. Under Kubernetes' names. */
export function flowStatsIn(metrics: MetricsRegistry): (level: string, schema: string) => FlowStats {
  const waited = metrics.histograms(`${prefix}request_wait_duration_seconds`, 'How long requests waited in their queues.', flowBuckets.seconds, [...both, 'execute']);
  const executed = metrics.histograms(`${prefix}request_execution_seconds`, 'How long requests were executed.', flowBuckets.seconds, [...both, 'type']);
  const seats = metrics.histograms(`${prefix}work_estimated_seats`, 'Seats that requests were thought to take.', flowBuckets.seats, both);
  const lengths = metrics.histograms(`${prefix}request_queue_length_after_enqueue`, 'Length of its queue, as each request saw it.', flowBuckets.queueLength, both);
  return (level, schema) =>
    new FlowStats(level, schema, {
      waitSeconds: waited.labels(level, schema, 'true'),
      refusedWaitSeconds: waited.labels(level, schema, 'false'),
      executionSeconds: executed.labels(level, schema, 'regular'),
      estimatedSeats: seats.labels(level, schema),
      queueLength: lengths.labels(level, schema),
    });
}

/** Makes where it is counted how much of its seats each level uses. */
export function utilizationIn(metrics: MetricsRegistry): (level: string) => Histogram {
  const family = metrics.histograms(`${prefix}priority_level_seat_utilization`, 'How much of its seats a level uses, observed each nanosecond.', utilizationBuckets, ['phase', 'priority_level']);
  return (level) => family.labels('executing', level);
}

const levelGauges: Readonly<Record<string, readonly [help: string, value: (level: PriorityLevel) => number]>> = {
  nominal_limit_seats: ['Seats of the level by its shares.', (level) => level.range.nominal],
  lower_limit_seats: ['Seats that it never lends.', (level) => level.range.least],
  upper_limit_seats: ['Seats that it may have, with borrowed ones.', (level) => level.range.most],
  current_limit_seats: ['Seats that it has now.', (level) => (level.exempt ? 0 : level.queues.seats)],
  demand_seats_average: ['Average of the seats that were taken or waited for, in the last period.', (level) => level.lastDemand.average],
  demand_seats_stdev: ['Their standard deviation.', (level) => level.lastDemand.deviation],
  demand_seats_high_watermark: ['The most of them.', (level) => level.lastDemand.most],
  demand_seats_smoothed: ['Their envelope, slowly falling.', (level) => level.smoothedDemand],
  target_seats: ['Seats that it would like to have.', (level) => level.target],
};

/** What is read off the state when somebody asks. */
export function flowMetrics(metrics: MetricsRegistry, control: FlowControl, clock: Pick<Clock, 'monotonic'>): void {
  const dispatched = metrics.counters(`${prefix}dispatched_requests_total`, 'Requests that were executed.', both);
  const rejected = metrics.counters(`${prefix}rejected_requests_total`, 'Requests that were refused.', [...both, 'reason']);
  const gauges = ([['current_inqueue_requests', 'Requests that wait.'], ['current_inqueue_seats', 'Seats that are waited for.'], ['current_executing_requests', 'Requests that are executed.'], ['current_executing_seats', 'Seats that are taken.']] as const).map(([name, help]) => metrics.gauges(`${prefix}${name}`, help, both));
  const levels = Object.entries(levelGauges).map(([name, [help, value]]) => ({ gauge: metrics.gauges(`${prefix}${name}`, help, ['priority_level']), value }));
  const fraction = metrics.gauge(`${prefix}seat_fair_frac`, 'The fraction of its target that each level has.');
  metrics.onCollect(() => {
    for (const stats of control.stats) {
      const { level, schema } = stats;
      dispatched.labels(level, schema).raiseTo(stats.dispatchedTotal);
      for (const [reason, total] of stats.refusedTotal) rejected.labels(level, schema, reason).raiseTo(total);
      for (const [at, value] of [stats.waitingRequests, stats.waitingSeats, stats.executingRequests, stats.executingSeats].entries()) gauges[at]?.labels(level, schema).set(value);
    }
    for (const level of control.levels) {
      level.queues.utilization?.settle(clock.monotonic());
      for (const { gauge, value } of levels) gauge.labels(level.name).set(value(level));
    }
    fraction.set(control.fairFraction);
  });
}

import type { PriorityLevelConfiguration } from '@rhythm/api/types/flowcontrol-v1';
import type { SeatRange, Shares } from './borrowing.ts';
import { requestSeatsMax } from './cost.ts';
import { FairQueues, rejecting, type QueueingPlan } from './fair-queues.ts';
import type { Ticket } from './ticket.ts';

/** Kubernetes' defaults, for objects that were stored without them. */
const defaultShares = 30;

/** One priority level at work: what its object says, its seats, its queues, and what was counted. */
export class PriorityLevel {
  readonly name: string;
  uid = '';
  exempt = false;
  /** Its object is gone: nobody new comes, and it goes when the last has left. */
  leaving = false;
  shares: Shares = { shares: 0, lendablePercent: 0 };
  range: SeatRange = { nominal: 0, least: 0, most: 0 };
  /** Of its demand, from adjustment to adjustment. */
  smoothedDemand = 0;
  target = 0;
  lastDemand = { average: 0, deviation: 0, most: 0 };
  requestSeatsMax = 1;
  /** How long those who are refused should stay away, seconds. */
  retryAfter = 1;
  refusedSince = 0;
  retryAfterSetAt = 0;
  readonly queues: FairQueues;
  /** Dealt again when it changes. */
  planVersion = 0;

  constructor(name: string, now: number, start: (ticket: Ticket) => void) {
    this.name = name;
    this.queues = new FairQueues(rejecting, 0, now, start);
  }

  configure({ metadata, spec }: PriorityLevelConfiguration): void {
    this.uid = metadata.uid ?? '';
    this.exempt = spec.type === 'Exempt';
    this.leaving = false;
    const { limited, exempt } = spec;
    const lendablePercent = (limited ?? exempt)?.lendablePercent ?? 0;
    const borrowing = limited?.borrowingLimitPercent;
    this.shares = { shares: (limited ?? exempt)?.nominalConcurrencyShares ?? (this.exempt ? 0 : defaultShares), lendablePercent, ...(borrowing === undefined ? {} : { borrowingLimitPercent: borrowing }) };
    const plan = planOf(spec);
    const { queues, handSize, queueLengthLimit } = this.queues.plan;
    if (plan.queues === queues && plan.handSize === handSize && plan.queueLengthLimit === queueLengthLimit) return;
    this.queues.replan(plan);
    this.planVersion++;
  }

  setRange(range: SeatRange): void {
    this.range = range;
    this.requestSeatsMax = requestSeatsMax(range.nominal);
  }
}

function planOf({ limited }: PriorityLevelConfiguration['spec']): QueueingPlan {
  const queuing = limited?.limitResponse.type === 'Queue' ? limited.limitResponse.queuing : undefined;
  return queuing === undefined ? rejecting : { queues: queuing.queues, handSize: queuing.handSize, queueLengthLimit: queuing.queueLengthLimit };
}

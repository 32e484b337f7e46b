import type { WaitingQueue } from './waiting-queue.ts';
import { guessedServiceMs, type Cost } from './cost.ts';

export type TicketState = 'new' | 'waiting' | 'executing' | 'finishing' | 'done';

/** One request's place in a priority level. Its times are those of the caller's monotonic clock. */
export class Ticket {
  readonly cost: Cost;
  /** Seats it takes while it is executed. */
  readonly seats: number;
  /** Seat-milliseconds that it is expected to take. */
  readonly work: number;
  state: TicketState = 'new';
  queue: WaitingQueue | undefined;
  before: Ticket | undefined;
  after: Ticket | undefined;
  arrivedAt = 0;
  startedAt = 0;
  /** Virtual time of its arrival. */
  arrival = 0;

  constructor(cost: Cost) {
    this.cost = cost;
    this.seats = Math.max(cost.seats, cost.finalSeats);
    this.work = cost.seats * guessedServiceMs + cost.finalSeats * cost.finalMs;
  }
}

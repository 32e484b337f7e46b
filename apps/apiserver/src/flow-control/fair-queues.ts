import { SeatDemand } from './seat-demand.ts';
import type { SeatUtilization } from './seat-utilization.ts';
import { guessedServiceMs } from './cost.ts';
import type { Ticket } from './ticket.ts';
import { WaitingQueue } from './waiting-queue.ts';

/** How a level treats what it has no seat for. `queues` 0: it is refused. */
export interface QueueingPlan {
  readonly queues: number;
  readonly handSize: number;
  readonly queueLengthLimit: number;
}

export const rejecting: QueueingPlan = { queues: 0, handSize: 0, queueLengthLimit: 0 };

export type Arrival = 'executing' | 'waiting' | 'queue-full' | 'concurrency-limit';

/**
 * The seats of one priority level, and fair queueing for them (KEP-1040, "Fair Queuing for Server Requests"): each queue advances as
 * if it had its share of the seats to itself, and whoever would be finished first in that world is next in ours. Deterministic: it
 * knows no clock, each call says what time it is (monotonic milliseconds).
 */
export class FairQueues {
  readonly demand: SeatDemand;
  /** Told of every change, where somebody wants to know. */
  utilization: SeatUtilization | undefined;
  #plan: QueueingPlan;
  #seats: number;
  #virtual = 0;
  #at: number;
  readonly #queues = new Map<number, WaitingQueue>();
  /** Those in which somebody waits; the one that was served last is last. */
  readonly #waitingQueues = new Set<WaitingQueue>();
  #waiting = 0;
  #waitingSeats = 0;
  #executing = 0;
  #seatsInUse = 0;
  readonly #start: (ticket: Ticket) => void;

  /** @param start called for each ticket that gets its seats after having waited; must not throw */
  constructor(plan: QueueingPlan, seats: number, now: number, start: (ticket: Ticket) => void) {
    this.#plan = plan;
    this.#seats = seats;
    this.#at = now;
    this.#start = start;
    this.demand = new SeatDemand(now);
  }

  get plan(): QueueingPlan {
    return this.#plan;
  }

  get seats(): number {
    return this.#seats;
  }

  get waiting(): number {
    return this.#waiting;
  }

  get waitingSeats(): number {
    return this.#waitingSeats;
  }

  get executing(): number {
    return this.#executing;
  }

  get seatsInUse(): number {
    return this.#seatsInUse;
  }

  /** Nobody waits, nothing is executed, no seat is taken. */
  get isIdle(): boolean {
    return this.#waiting === 0 && this.#seatsInUse === 0;
  }

  /** Queues with somebody in them. */
  get queues(): Iterable<WaitingQueue> {
    return this.#queues.values();
  }

  /** Seats from now on; what is executed goes on. */
  resize(now: number, seats: number): void {
    this.#advance(now);
    this.#seats = seats;
    this.#noteDemand(now);
    this.#dispatch(now);
  }

  /** Hands dealt from now on are of the new plan; those in queues that are no more are served as ever. */
  replan(plan: QueueingPlan): void {
    this.#plan = plan;
  }

  /** A request comes, with the queues that its flow may use. */
  arrive(now: number, ticket: Ticket, hand: readonly number[]): Arrival {
    this.#advance(now);
    ticket.arrivedAt = now;
    ticket.arrival = this.#virtual;
    if (hand.length === 0) {
      if (!this.#fits(ticket)) return 'concurrency-limit';
      this.#execute(now, ticket);
      return 'executing';
    }
    const queue = this.#shortest(hand);
    if (queue.isIdle) {
      queue.nextStart = this.#virtual;
      this.#queues.set(queue.index, queue);
    }
    ticket.queue = queue;
    if (this.#waiting === 0 && this.#fits(ticket)) {
      queue.nextStart += ticket.work;
      this.#execute(now, ticket);
      return 'executing';
    }
    if (queue.length >= this.#plan.queueLengthLimit) return 'queue-full';
    ticket.state = 'waiting';
    queue.push(ticket);
    this.#waitingQueues.add(queue);
    this.#waiting++;
    this.#waitingSeats += ticket.seats;
    this.#noteDemand(now);
    this.#dispatch(now);
    return (ticket.state as string) === 'executing' ? 'executing' : 'waiting';
  }

  /** Somebody who waits goes away. False: it was not waiting (any more). */
  cancel(now: number, ticket: Ticket): boolean {
    const { queue } = ticket;
    if (ticket.state !== 'waiting' || queue === undefined) return false;
    this.#advance(now);
    this.#takeOut(queue, ticket);
    ticket.state = 'done';
    this.#dropIdle(queue);
    this.#noteDemand(now);
    // It may have been the one for whom there were too few seats.
    this.#dispatch(now);
    return true;
  }

  /**
   * The request was executed. Returns for how many milliseconds it keeps its final seats; then `release` is due. 0: it is done with.
   */
  finish(now: number, ticket: Ticket): number {
    if (ticket.state !== 'executing') return 0;
    this.#advance(now);
    this.#executing--;
    const { queue, cost } = ticket;
    if (queue !== undefined) {
      // What was guessed is put right.
      queue.nextStart += (now - ticket.startedAt - guessedServiceMs) * cost.seats;
      this.#bound(queue);
    }
    ticket.state = 'finishing';
    if (cost.finalMs > 0 && cost.finalSeats > 0) {
      this.#give(ticket, ticket.seats - cost.finalSeats);
      this.#noteDemand(now);
      this.#dispatch(now);
      return cost.finalMs;
    }
    this.#close(now, ticket, ticket.seats);
    return 0;
  }

  /** Its final seats are free again. */
  release(now: number, ticket: Ticket): void {
    if (ticket.state !== 'finishing') return;
    this.#advance(now);
    this.#close(now, ticket, ticket.cost.finalSeats);
  }

  #close(now: number, ticket: Ticket, seats: number): void {
    ticket.state = 'done';
    this.#give(ticket, seats);
    const { queue } = ticket;
    if (queue !== undefined) {
      queue.executing--;
      this.#dropIdle(queue);
    }
    this.#noteDemand(now);
    this.#dispatch(now);
  }

  #give(ticket: Ticket, seats: number): void {
    this.#seatsInUse -= seats;
    if (ticket.queue !== undefined) ticket.queue.executingSeats -= seats;
  }

  /** A request that is wider than the level is let in when nobody else is there. */
  #fits(ticket: Ticket): boolean {
    return this.#seatsInUse === 0 || this.#seatsInUse + ticket.seats <= this.#seats;
  }

  #shortest(hand: readonly number[]): WaitingQueue {
    let best: WaitingQueue | undefined;
    let least = Infinity;
    for (const index of hand) {
      const queue = this.#queues.get(index);
      if (queue === undefined) return new WaitingQueue(index);
      const work = queue.waitingWork + queue.executingSeats * guessedServiceMs;
      if (work >= least) continue;
      best = queue;
      least = work;
    }
    return best as WaitingQueue;
  }

  #execute(now: number, ticket: Ticket): void {
    ticket.state = 'executing';
    ticket.startedAt = now;
    this.#executing++;
    this.#seatsInUse += ticket.seats;
    const { queue } = ticket;
    if (queue !== undefined) {
      queue.executing++;
      queue.executingSeats += ticket.seats;
    }
    this.#noteDemand(now);
  }

  #dispatch(now: number): void {
    while (this.#waiting > 0) {
      const queue = this.#next();
      const ticket = queue?.head;
      if (queue === undefined || ticket === undefined || !this.#fits(ticket)) return;
      this.#takeOut(queue, ticket);
      queue.nextStart += ticket.work;
      this.#execute(now, ticket);
      this.#bound(queue);
      this.#start(ticket);
    }
  }

  /** The queue whose head would be finished first; of equals the one that was served longest ago. */
  #next(): WaitingQueue | undefined {
    let best: WaitingQueue | undefined;
    let first = Infinity;
    for (const queue of this.#waitingQueues) {
      const finish = queue.nextStart + (queue.head as Ticket).work;
      if (finish >= first) continue;
      best = queue;
      first = finish;
    }
    return best;
  }

  #takeOut(queue: WaitingQueue, ticket: Ticket): void {
    queue.remove(ticket);
    this.#waiting--;
    this.#waitingSeats -= ticket.seats;
    this.#waitingQueues.delete(queue);
    if (queue.length > 0) this.#waitingQueues.add(queue);
  }

  /** No queue saves up for later what it did not use: nobody starts before having come. */
  #bound(queue: WaitingQueue): void {
    const { head } = queue;
    if (head !== undefined && queue.nextStart < head.arrival) queue.nextStart = head.arrival;
  }

  #dropIdle(queue: WaitingQueue): void {
    if (queue.isIdle && this.#queues.get(queue.index) === queue) this.#queues.delete(queue.index);
  }

  /** Virtual time passes as fast as each active queue could be served. */
  #advance(now: number): void {
    const passed = now - this.#at;
    if (passed <= 0) return;
    this.#at = now;
    const active = this.#queues.size;
    if (active > 0) this.#virtual += (passed * Math.min(this.#seatsInUse + this.#waitingSeats, this.#seats)) / active;
  }

  #noteDemand(now: number): void {
    this.demand.set(now, this.#seatsInUse + this.#waitingSeats);
    this.utilization?.set(now, this.#seatsInUse, this.#seats);
  }
}

import type { Ticket } from './ticket.ts';

/** One queue of a priority level: those who wait, in order, and what of it is being executed. Anybody can step out in the middle. */
export class WaitingQueue {
  readonly index: number;
  /** The virtual time at which the head would start if the queue had a seat of its own. */
  nextStart = 0;
  length = 0;
  /** Work of those who wait, in seat-milliseconds. */
  waitingWork = 0;
  waitingSeats = 0;
  executing = 0;
  executingSeats = 0;
  #head: Ticket | undefined;
  #tail: Ticket | undefined;

  constructor(index: number) {
    this.index = index;
  }

  get head(): Ticket | undefined {
    return this.#head;
  }

  get isIdle(): boolean {
    return this.length === 0 && this.executing === 0;
  }

  push(ticket: Ticket): void {
    ticket.before = this.#tail;
    ticket.after = undefined;
    if (this.#tail === undefined) this.#head = ticket;
    else this.#tail.after = ticket;
    this.#tail = ticket;
    this.length++;
    this.waitingWork += ticket.work;
    this.waitingSeats += ticket.seats;
  }

  remove(ticket: Ticket): void {
    if (ticket.before === undefined) this.#head = ticket.after;
    else ticket.before.after = ticket.after;
    if (ticket.after === undefined) this.#tail = ticket.before;
    else ticket.after.before = ticket.before;
    ticket.before = undefined;
    ticket.after = undefined;
    this.length--;
    this.waitingWork = this.length === 0 ? 0 : this.waitingWork - ticket.work;
    this.waitingSeats -= ticket.seats;
  }

  *[Symbol.iterator](): Generator<Ticket> {
    for (let at = this.#head; at !== undefined; at = at.after) yield at;
  }
}

import { Heap, randomInt, seededRandom, type Random } from '@rhythm/base';
import { expect, test } from 'vitest';
import { FairQueues, type QueueingPlan } from './fair-queues.ts';
import { dealHand, hashText } from './shuffle-shard.ts';
import { Ticket } from './ticket.ts';
import type { Cost } from './cost.ts';

const plan: QueueingPlan = { queues: 64, handSize: 6, queueLengthLimit: 50 };
const handOf = (flow: string, of: QueueingPlan = plan): number[] => dealHand(hashText(flow, 1), hashText(flow, 2), of.queues, of.handSize);
const plain: Cost = { seats: 1, finalSeats: 0, finalMs: 0 };

interface Job {
  readonly flow: string;
  readonly ticket: Ticket;
  readonly lastsMs: number;
}

/** One level in virtual time: jobs come, are executed for as long as they last, and are counted. */
class World {
  now = 0;
  readonly queues: FairQueues;
  readonly served = new Map<string, number>();
  readonly waits = new Map<string, { sum: number; count: number }>();
  refused = 0;
  mostSeats = 0;
  readonly #jobs = new Map<Ticket, Job>();
  readonly #due = new Heap<{ readonly at: number; readonly act: () => void }>((a, b) => a.at - b.at);

  constructor(of: QueueingPlan, seats: number) {
    this.queues = new FairQueues(of, seats, 0, (ticket) => this.#started(ticket));
  }

  come(flow: string, lastsMs: number, cost: Cost = plain): Ticket {
    const ticket = new Ticket(cost);
    this.#jobs.set(ticket, { flow, ticket, lastsMs });
    const arrival = this.queues.arrive(this.now, ticket, handOf(flow, this.queues.plan));
    if (arrival === 'executing' && ticket.startedAt === this.now && !this.#isStarted.has(ticket)) this.#started(ticket);
    if (arrival === 'queue-full' || arrival === 'concurrency-limit') this.refused++;
    this.mostSeats = Math.max(this.mostSeats, this.queues.seatsInUse);
    return ticket;
  }

  readonly #isStarted = new Set<Ticket>();

  /** Lets time pass, and everything happen that is due. */
  until(end: number, everyMs = Infinity, act: () => void = () => undefined): void {
    for (let next = this.now; ; ) {
      const at = Math.min(this.#due.peek()?.at ?? Infinity, next);
      if (at > end) break;
      this.now = at;
      if (at === next) {
        act();
        next += everyMs;
      } else this.#due.pop()?.act();
      this.mostSeats = Math.max(this.mostSeats, this.queues.seatsInUse);
    }
    this.now = end;
  }

  #started(ticket: Ticket): void {
    const job = this.#jobs.get(ticket) as Job;
    this.#isStarted.add(ticket);
    const waits = this.waits.get(job.flow) ?? { sum: 0, count: 0 };
    this.waits.set(job.flow, waits);
    waits.sum += this.now - ticket.arrivedAt;
    waits.count++;
    this.#due.push({
      at: this.now + job.lastsMs,
      act: () => {
        this.served.set(job.flow, (this.served.get(job.flow) ?? 0) + 1);
        const finalMs = this.queues.finish(this.now, ticket);
        if (finalMs > 0) this.#due.push({ at: this.now + finalMs, act: () => this.queues.release(this.now, ticket) });
      },
    });
  }
}

test('a hand has different queues, the same for the same flow, and all queues get their share', () => {
  const counts = Array.from({ length: 64 }, () => 0);
  for (let flow = 0; flow < 2_000; flow++) {
    const hand = handOf(`user-${flow}`);
    expect(new Set(hand).size).toBe(6);
    expect(hand.every((card) => card >= 0 && card < 64)).toBe(true);
    for (const card of hand) counts[card] = (counts[card] ?? 0) + 1;
  }
  expect(handOf('user-7')).toEqual(handOf('user-7'));
  // 187.5 are expected of each.
  expect(Math.min(...counts)).toBeGreaterThan(125);
  expect(Math.max(...counts)).toBeLessThan(255);
  expect(dealHand(1, 2, 5, 5).sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4]);
});

test.each([1, 2, 3, 4, 5, 6, 7, 8])('whatever comes, no more seats are taken than there are, and nobody starves (seed %i)', (seed) => {
  const random: Random = seededRandom(seed);
  const seats = 1 + randomInt(random, 12);
  const world = new World({ queues: 1 + randomInt(random, 20), handSize: 1, queueLengthLimit: 1 + randomInt(random, 30) }, seats);
  const waiting: Ticket[] = [];
  let widest = 0;
  world.until(4_000, 1, () => {
    for (let n = randomInt(random, 4); n > 0; n--) {
      const cost: Cost = random.next() < 0.2 ? { seats: 1 + randomInt(random, 15), finalSeats: randomInt(random, 3), finalMs: randomInt(random, 5) } : plain;
      widest = Math.max(widest, cost.seats, cost.finalSeats);
      waiting.push(world.come(`flow-${randomInt(random, 9)}`, 1 + randomInt(random, 20), cost));
    }
    const gone = waiting[randomInt(random, Math.max(1, waiting.length))];
    if (random.next() < 0.3 && gone !== undefined) world.queues.cancel(world.now, gone);
    if (random.next() < 0.01) world.queues.resize(world.now, seats);
  });
  // Only who is wider than the whole level is let in beyond it, and alone.
  expect(world.mostSeats).toBeLessThanOrEqual(Math.max(seats, widest));
  world.until(400_000);
  // Everything that came was served, went away or was refused; nothing is left behind.
  expect([world.queues.waiting, world.queues.waitingSeats, world.queues.executing, world.queues.seatsInUse, [...world.queues.queues].length]).toEqual([0, 0, 0, 0, 0]);
  expect(waiting.every(({ state }) => state === 'done' || state === 'new')).toBe(true);
  expect([...world.served.values()].reduce((a, b) => a + b, 0)).toBeGreaterThan(100);
});

test('seats are never exceeded when nobody is wider than the level', () => {
  const world = new World(plan, 10);
  world.until(1_000, 1, () => {
    for (let n = 0; n < 5; n++) world.come(`flow-${n}`, 7, { seats: 1 + n, finalSeats: n, finalMs: 2 });
  });
  expect(world.mostSeats).toBe(10);
});

test('a quiet flow hardly waits beside one that floods, and equals are served equally', () => {
  const world = new World(plan, 10);
  const calm: string[] = ['calm-1', 'calm-2'];
  world.until(5_000, 2, () => {
    // 10 seats of 5 ms serve 2 a millisecond; the flood alone asks for more than twice that.
    for (let n = 0; n < 10; n++) world.come('flood', 5);
    for (const flow of calm) if (world.now % 20 === 0) world.come(flow, 5);
  });
  world.until(60_000);
  const mean = (flow: string): number => (world.waits.get(flow)?.sum ?? 0) / (world.waits.get(flow)?.count ?? 1);
  for (const flow of calm) {
    expect(world.served.get(flow)).toBe(251);
    expect(mean(flow)).toBeLessThan(8);
  }
  expect(mean('flood')).toBeGreaterThan(40);
  expect(world.refused).toBeGreaterThan(0);
});

test('two that both want everything get the same, whatever their requests last', () => {
  const world = new World({ queues: 64, handSize: 1, queueLengthLimit: 50 }, 6);
  expect(handOf('short', world.queues.plan)).not.toEqual(handOf('long', world.queues.plan));
  world.until(10_000, 5, () => {
    for (let n = 0; n < 20; n++) world.come('short', 4);
    for (let n = 0; n < 20; n++) world.come('long', 16);
  });
  const seatMs = { short: (world.served.get('short') ?? 0) * 4, long: (world.served.get('long') ?? 0) * 16 };
  expect(seatMs.short / seatMs.long).toBeGreaterThan(0.9);
  expect(seatMs.short / seatMs.long).toBeLessThan(1.1);
});

test('who goes away while waiting frees the place, also for the one behind who is wider', () => {
  const world = new World({ queues: 1, handSize: 1, queueLengthLimit: 2 }, 2);
  world.come('a', 10);
  const wide = world.come('b', 10, { seats: 2, finalSeats: 0, finalMs: 0 });
  const narrow = world.come('c', 10);
  expect([wide.state, narrow.state]).toEqual(['waiting', 'waiting']);
  expect(world.come('d', 10).state).toBe('new');
  expect(world.refused).toBe(1);
  expect(world.queues.cancel(0, wide)).toBe(true);
  expect(world.queues.cancel(0, wide)).toBe(false);
  // It stood before one for whom there was room.
  expect(narrow.state).toBe('executing');
});

test('a write keeps its final seats for as long as its change goes out', () => {
  const world = new World(plan, 4);
  world.come('w', 10, { seats: 1, finalSeats: 3, finalMs: 25 });
  world.until(12);
  expect([world.queues.executing, world.queues.seatsInUse]).toEqual([0, 3]);
  world.come('x', 10);
  const waits = world.come('y', 10);
  expect(waits.state).toBe('waiting');
  world.until(30);
  // The first of them has gone at 22.
  expect(waits.state).toBe('executing');
  world.until(100);
  expect(world.queues.isIdle).toBe(true);
});

test('a level without queues refuses what it has no seat for', () => {
  const queues = new FairQueues({ queues: 0, handSize: 0, queueLengthLimit: 0 }, 1, 0, () => undefined);
  const first = new Ticket(plain);
  expect(queues.arrive(0, first, [])).toBe('executing');
  expect(queues.arrive(0, new Ticket(plain), [])).toBe('concurrency-limit');
  queues.finish(5, first);
  expect(queues.arrive(5, new Ticket(plain), [])).toBe('executing');
});

import { ApiError } from '@rhythm/api';
import type { FlowSchema, PriorityLevelConfiguration } from '@rhythm/api/types/flowcontrol-v1';
import type { Clock, Timer } from '@rhythm/base';
import type { Histogram } from '@rhythm/telemetry';
import type { RequestAttributes } from '../ports/types.ts';
import { divide, seatRange, smoothed, type Claim } from './borrowing.ts';
import { plainCost, type Cost } from './cost.ts';
import type { CostEstimate } from './estimate.ts';
import { flowMatcher, type FlowMatcher } from './flow-matcher.ts';
import { FlowStats } from './flow-stats.ts';
import { isLongRunning, tooManyText, type Entrant, type FlowGate, type Place } from './gate.ts';
import type { FlowIds } from '../ports/types.ts';
import { Hands } from './hands.ts';
import { PriorityLevel } from './priority-level.ts';
import { noteRefusal } from './retry-after.ts';
import { SeatUtilization } from './seat-utilization.ts';
import { Ticket } from './ticket.ts';

export const flowLimits = {
  /** How long a request waits in its queue at most: a quarter of what it may take altogether, as in Kubernetes. */
  waitShareOfTimeout: 0.25,
  borrowEveryMs: 10_000,
} as const;

export interface FlowControlOptions {
  readonly clock: Clock;
  /** Of all levels together. */
  readonly seats: number;
  readonly requestTimeoutMs: number;
  /** Makes the hands of this server different from those of others. */
  readonly seed: number;
  readonly estimate: CostEstimate;
  /** Where requests of a flow schema at a level are counted. */
  stats?(level: string, schema: string): FlowStats;
  /** Where it is counted how much of its seats a level uses. */
  utilization?(level: string): Pick<Histogram, 'observe'>;
}

/** A FlowSchema, compiled. */
export interface Flow {
  readonly name: string;
  readonly ids: FlowIds;
  readonly precedence: number;
  readonly matches: FlowMatcher;
  readonly level: PriorityLevel;
  readonly by: 'user' | 'namespace' | 'nothing';
  readonly stats: FlowStats;
}

/** A request that was let in or waits to be: for whoever looks at the queues. */
export class Visit extends Ticket implements Place {
  readonly flow: Flow;
  readonly attributes: RequestAttributes;
  readonly distinguisher: string;
  readonly #control: FlowControl;
  /** Of those who wait. */
  waiting: { admit(): void; readonly timer: Timer } | undefined;

  constructor(control: FlowControl, flow: Flow, cost: Cost, attributes: RequestAttributes, distinguisher: string) {
    super(cost);
    this.#control = control;
    this.flow = flow;
    this.attributes = attributes;
    this.distinguisher = distinguisher;
  }

  leave(): void {
    this.#control.finish(this);
  }
}

/** Priority and fairness (KEP-1040): which requests are carried out now, which wait, and which have to come again. */
export class FlowControl implements FlowGate {
  readonly #options: FlowControlOptions;
  readonly #levels = new Map<string, PriorityLevel>();
  readonly #stats = new Map<string, FlowStats>();
  readonly #hands: Hands;
  #flows: readonly Flow[] = [];
  #lastBorrowed: number;
  /** The fraction of its target that each level got. */
  fairFraction = 0;

  constructor(options: FlowControlOptions) {
    this.#options = options;
    this.#hands = new Hands(options.seed);
    this.#lastBorrowed = options.clock.monotonic();
  }

  get levels(): Iterable<PriorityLevel> {
    return this.#levels.values();
  }

  get flows(): readonly Flow[] {
    return this.#flows;
  }

  /** What was counted, also of flow schemas that are gone, while there are not too many. */
  get stats(): Iterable<FlowStats> {
    return this.#stats.values();
  }

  /** Takes over the objects as they are now. Flow schemas without their level are passed over; a level that is gone is emptied first. */
  configure(schemas: readonly FlowSchema[], levels: readonly PriorityLevelConfiguration[]): void {
    const now = this.#options.clock.monotonic();
    const found = new Set<string>();
    for (const object of levels) {
      const name = object.metadata.name ?? '';
      found.add(name);
      let level = this.#levels.get(name);
      if (level === undefined) this.#levels.set(name, (level = new PriorityLevel(name, now, (ticket) => this.#started(ticket as Visit))));
      level.configure(object);
      const histogram = level.exempt ? undefined : this.#options.utilization?.(name);
      if (histogram !== undefined) level.queues.utilization ??= new SeatUtilization(now, histogram);
    }
    for (const level of this.#levels.values()) if (!found.has(level.name)) level.leaving = true;
    this.#flows = schemas.flatMap((schema) => this.#flowOf(schema, found)).sort((a, b) => a.precedence - b.precedence || (a.name < b.name ? -1 : 1));
    this.#keepStats();
    this.#divideNominally(now);
  }

  enter(attributes: RequestAttributes, entrant: Entrant): Place | Promise<Place> | undefined {
    if (isLongRunning(attributes)) return undefined;
    const { clock } = this.#options;
    const now = clock.monotonic();
    if (now - this.#lastBorrowed >= flowLimits.borrowEveryMs) this.adjust(now);
    const flow = this.#flowFor(attributes);
    if (flow === undefined) return undefined;
    const { level } = flow;
    entrant.classified?.(flow.ids);
    const distinguisher = flow.by === 'user' ? attributes.user.name : flow.by === 'namespace' ? attributes.namespace : '';
    if (level.exempt) return this.#exempt(now, new Visit(this, flow, plainCost, attributes, distinguisher));
    const visit = new Visit(this, flow, this.#options.estimate(attributes, entrant.options, level.requestSeatsMax), attributes, distinguisher);
    const arrival = level.queues.arrive(now, visit, this.#hands.of(flow, distinguisher));
    flow.stats.arrived(visit.seats, visit.queue?.length ?? 0);
    if (arrival === 'executing') {
      flow.stats.dispatched(0, visit.seats);
      return visit;
    }
    if (arrival === 'waiting') return this.#wait(visit, entrant.signal);
    throw this.#refusal(visit, arrival);
  }

  /** Divides the seats anew by what the levels have asked for since the last time. Done by itself every ten seconds in which somebody comes. */
  adjust(now: number): void {
    this.#lastBorrowed = now;
    const claims: { readonly level: PriorityLevel; readonly claim: Claim }[] = [];
    let left = this.#options.seats;
    for (const level of this.#levels.values()) {
      const demand = level.queues.demand.take(now);
      level.lastDemand = demand;
      level.smoothedDemand = smoothed(level.smoothedDemand, demand.average + demand.deviation);
      const { nominal, least, most } = level.range;
      // What it has used of its own is not lent away from under it.
      const keeps = Math.max(least, Math.min(level.exempt ? Infinity : nominal, demand.most));
      level.target = Math.max(keeps, level.smoothedDemand);
      if (level.exempt) left -= keeps;
      else claims.push({ level, claim: { least: keeps, most, target: Math.max(level.target, 1) } });
    }
    // However busy the exempt ones are, the others keep what they never lend.
    const total = Math.max(left, claims.reduce((sum, { claim }) => sum + claim.least, 0));
    const { seats, fraction } = divide(claims.map(({ claim }) => claim), total);
    this.fairFraction = fraction;
    for (const [at, { level }] of claims.entries()) level.queues.resize(now, Math.round(seats[at] ?? 0));
    for (const level of this.#levels.values()) this.#dropLeft(level, now);
  }

  /** The visitor goes; its final seats are freed in their time. */
  finish(visit: Visit): void {
    if (visit.state !== 'executing') return;
    const { clock } = this.#options;
    const now = clock.monotonic();
    const { queues } = visit.flow.level;
    visit.flow.stats.finished(now - visit.startedAt, visit.seats);
    const finalMs = queues.finish(now, visit);
    if (finalMs > 0) clock.setTimer(finalMs, () => queues.release(clock.monotonic(), visit));
    if (visit.flow.level.leaving) this.#dropLeft(visit.flow.level, now);
    if (now - this.#lastBorrowed >= flowLimits.borrowEveryMs) this.adjust(now);
  }

  #exempt(now: number, visit: Visit): Place {
    visit.flow.level.queues.arrive(now, visit, []);
    visit.flow.stats.arrived(visit.seats, 0);
    visit.flow.stats.dispatched(0, visit.seats);
    return visit;
  }

  #wait(visit: Visit, signal: AbortSignal): Promise<Place> {
    const { clock, requestTimeoutMs } = this.#options;
    const { stats, level } = visit.flow;
    stats.waiting(1, visit.seats);
    return new Promise<Place>((resolve, reject) => {
      const giveUp = (error: () => Error): void => {
        const now = clock.monotonic();
        if (!level.queues.cancel(now, visit)) return;
        done();
        stats.gaveUp(now - visit.arrivedAt);
        reject(error());
      };
      const onAbort = (): void => giveUp(() => {
        stats.refused('cancelled');
        return signal.reason as Error;
      });
      const done = (): void => {
        visit.waiting?.timer.cancel();
        visit.waiting = undefined;
        signal.removeEventListener('abort', onAbort);
        stats.waiting(-1, -visit.seats);
      };
      const timer = clock.setTimer(requestTimeoutMs * flowLimits.waitShareOfTimeout, () => giveUp(() => this.#refusal(visit, 'time-out')));
      visit.waiting = {
        timer,
        admit: () => {
          done();
          stats.dispatched(visit.startedAt - visit.arrivedAt, visit.seats);
          resolve(visit);
        },
      };
      signal.addEventListener('abort', onAbort, { once: true });
      if (signal.aborted) onAbort();
    });
  }

  #started(visit: Visit): void {
    visit.waiting?.admit();
  }

  #refusal(visit: Visit, reason: 'queue-full' | 'concurrency-limit' | 'time-out'): ApiError {
    const { level, stats } = visit.flow;
    stats.refused(reason);
    noteRefusal(level, this.#options.clock.monotonic());
    return new ApiError('TooManyRequests', tooManyText, { details: { retryAfterSeconds: level.retryAfter } });
  }

  #flowFor(attributes: RequestAttributes): Flow | undefined {
    for (const flow of this.#flows) if (flow.matches(attributes)) return flow;
    // The catch-all matches whoever is somebody; nothing else is left but the time before the first configuration.
    return this.#flows[this.#flows.length - 1];
  }

  #flowOf(schema: FlowSchema, levels: ReadonlySet<string>): Flow[] {
    const name = schema.metadata.name ?? '';
    const levelName = schema.spec.priorityLevelConfiguration.name;
    const level = levels.has(levelName) ? this.#levels.get(levelName) : undefined;
    if (level === undefined) return [];
    const type = schema.spec.distinguisherMethod?.type;
    const id = `${levelName}/${name}`;
    let stats = this.#stats.get(id);
    if (stats === undefined) this.#stats.set(id, (stats = this.#options.stats?.(levelName, name) ?? new FlowStats(levelName, name)));
    return [{ name, ids: { schema: schema.metadata.uid ?? '', level: level.uid }, precedence: schema.spec.matchingPrecedence, matches: flowMatcher(schema), level, by: type === 'ByUser' ? 'user' : type === 'ByNamespace' ? 'namespace' : 'nothing', stats }];
  }

  /** Of what is gone nothing is kept once nobody of it is left. */
  #keepStats(): void {
    const current = new Set(this.#flows.map((flow) => flow.stats));
    for (const [id, stats] of this.#stats) if (!current.has(stats) && stats.isIdle) this.#stats.delete(id);
  }

  /** Shares into seats. Who has borrowed keeps it until the next adjustment, within its new bounds. */
  #divideNominally(now: number): void {
    const levels = [...this.#levels.values()];
    const total = levels.reduce((sum, level) => sum + level.shares.shares, 0);
    for (const level of levels) {
      const before = level.range;
      level.setRange(seatRange(level.shares, total, this.#options.seats));
      const isNew = before.nominal === 0 && before.most === 0;
      const { nominal, least, most } = level.range;
      level.queues.resize(now, level.exempt ? Infinity : isNew ? nominal : Math.max(least, Math.min(most, level.queues.seats)));
    }
  }

  #dropLeft(level: PriorityLevel, now: number): void {
    if (!level.leaving || !level.queues.isIdle || !this.#levels.delete(level.name)) return;
    this.#divideNominally(now);
  }
}

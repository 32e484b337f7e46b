import type { Clock } from '@rhythm/base';
import { limits } from '../limits.ts';

/** Someone to be told of changes. */
export interface Listener {
  /** The round in which it was told last. */
  round: Round | undefined;
  /** Takes what there is. Must not throw; may find nothing. */
  wake(): void;
}

/** Those who were told together rest together. */
export class Round {
  /** Monotonic milliseconds; not known before all have been told. */
  restsUntil = Number.POSITIVE_INFINITY;
  /** Whom to tell after the rest. */
  waiting: Listener[] = [];
}

/** Looking at the clock costs too: not for each listener. */
const listenersBetween = 16;

/**
 * When watches are told what has happened. One that has rested is told in the same turn of the event loop; one that was told just now rests, and what comes meanwhile goes out
 * together, in one write and one encryption: these, and not the bytes, are what a delivery costs. The rest is a multiple of the time that telling took, within limits, so that where
 * few are told nobody waits long, and where thousands are, telling them leaves most of the thread to the requests.
 */
export class Rounds {
  readonly #clock: Pick<Clock, 'monotonic' | 'setTimer'>;
  #due: Listener[] = [];
  #isAtWork = false;

  constructor(clock: Pick<Clock, 'monotonic' | 'setTimer'>) {
    this.#clock = clock;
  }

  /** Has it woken in this turn, or after its rest. */
  add(listener: Listener): void {
    const { round } = listener;
    if (round === undefined || round.restsUntil <= this.#clock.monotonic()) this.addNow(listener);
    else if (round.waiting.push(listener) === 1) this.#awaitRest(round);
  }

  /** Has it woken in this turn, rest or not. */
  addNow(listener: Listener): void {
    this.#due.push(listener);
    if (this.#isAtWork) return;
    this.#isAtWork = true;
    queueMicrotask(() => this.#begin());
  }

  #begin(): void {
    const listeners = this.#due;
    this.#due = [];
    this.#tell(listeners, 0, new Round(), 0);
  }

  /** @param spentMs what this round has cost so far */
  #tell(listeners: readonly Listener[], from: number, round: Round, spentMs: number): void {
    const began = this.#clock.monotonic();
    let at = from;
    for (let listener = listeners[at]; listener !== undefined; listener = listeners[at]) {
      listener.round = round;
      listener.wake();
      if (++at % listenersBetween === 0 && this.#clock.monotonic() - began >= limits.watchRoundTurnMs) break;
    }
    const now = this.#clock.monotonic();
    const spent = spentMs + now - began;
    if (at < listeners.length) {
      // Requests get their turn.
      this.#clock.setTimer(0, () => this.#tell(listeners, at, round, spent));
      return;
    }
    round.restsUntil = now + Math.min(limits.watchRestMaxMs, Math.max(limits.watchRestMinMs, spent * limits.watchRestFactor));
    if (round.waiting.length > 0) this.#awaitRest(round);
    if (this.#due.length === 0) this.#isAtWork = false;
    else if (now - began < limits.watchRoundTurnMs) queueMicrotask(() => this.#begin());
    else this.#clock.setTimer(0, () => this.#begin());
  }

  #awaitRest(round: Round): void {
    // Whoever tells this round still looks when it is done.
    if (round.restsUntil === Number.POSITIVE_INFINITY) return;
    this.#clock.setTimer(round.restsUntil - this.#clock.monotonic(), () => {
      const { waiting } = round;
      round.waiting = [];
      for (const listener of waiting) this.addNow(listener);
    });
  }
}

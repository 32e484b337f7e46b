/** What a level would have liked to have over a period: seats taken and waited for, weighted by time. */
export interface Demand {
  readonly average: number;
  readonly deviation: number;
  readonly most: number;
}

/** Measures demand as it changes. */
export class SeatDemand {
  #value = 0;
  #since: number;
  #from: number;
  #sum = 0;
  #squares = 0;
  #most = 0;

  /** @param now monotonic milliseconds, as everywhere here */
  constructor(now: number) {
    this.#since = now;
    this.#from = now;
  }

  set(now: number, value: number): void {
    this.#integrate(now);
    this.#value = value;
    if (value > this.#most) this.#most = value;
  }

  /** The period until now; the next one begins. */
  take(now: number): Demand {
    this.#integrate(now);
    const length = now - this.#from;
    const average = length > 0 ? this.#sum / length : this.#value;
    const variance = length > 0 ? Math.max(0, this.#squares / length - average * average) : 0;
    const demand = { average, deviation: Math.sqrt(variance), most: this.#most };
    this.#from = now;
    this.#sum = 0;
    this.#squares = 0;
    this.#most = this.#value;
    return demand;
  }

  #integrate(now: number): void {
    const passed = now - this.#since;
    if (passed <= 0) return;
    this.#sum += passed * this.#value;
    this.#squares += passed * this.#value * this.#value;
    this.#since = now;
  }
}

import { BoundedCache, type Clock } from '@rhythm/base';

/** Answers that are good for a while; those who ask the same at once share one question. Failures are not remembered. */
export class Remembered<T> {
  readonly #answers: BoundedCache<{ readonly answer: T; readonly until: number }>;
  readonly #asking = new Map<string, Promise<T>>();
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #forMs: (answer: T) => number;

  constructor(sizeMax: number, clock: Pick<Clock, 'monotonic'>, forMs: (answer: T) => number) {
    this.#answers = new BoundedCache(sizeMax);
    this.#clock = clock;
    this.#forMs = forMs;
  }

  get(key: string, ask: () => Promise<T>): Promise<T> {
    const known = this.#answers.get(key);
    if (known !== undefined && known.until > this.#clock.monotonic()) return Promise.resolve(known.answer);
    let asking = this.#asking.get(key);
    if (asking === undefined) {
      asking = ask()
        .then((answer) => {
          const forMs = this.#forMs(answer);
          if (forMs > 0) this.#answers.set(key, { answer, until: this.#clock.monotonic() + forMs });
          return answer;
        })
        .finally(() => this.#asking.delete(key));
      this.#asking.set(key, asking);
    }
    return asking;
  }
}

import { webhookLimits } from './limits.ts';

/**
 * Leaves a webhook alone that keeps failing slowly: whoever waits for it would wait in vain, and so would everybody behind. One call is let
 * through after each pause, and when that goes well all are.
 */
export class CircuitBreaker {
  #failures = 0;
  #pauseMs: number = webhookLimits.breakerPauseMinMs;
  /** Closed to calls until then. */
  #until = 0;
  #isProbing = false;

  /** Milliseconds until a call makes sense again, 0 for now; then the caller tells how it went. */
  enter(now: number): number {
    if (this.#failures < webhookLimits.breakerFailuresMax) return 0;
    if (now < this.#until) return this.#until - now;
    if (this.#isProbing) return webhookLimits.breakerPauseMinMs;
    this.#isProbing = true;
    return 0;
  }

  succeeded(): void {
    this.#failures = 0;
    this.#isProbing = false;
    this.#pauseMs = webhookLimits.breakerPauseMinMs;
  }

  failed(now: number, durationMs: number): void {
    const wasProbing = this.#isProbing;
    this.#isProbing = false;
    if (durationMs < webhookLimits.breakerSlowMs) return this.#forgive();
    this.#failures++;
    if (this.#failures < webhookLimits.breakerFailuresMax) return;
    if (wasProbing) this.#pauseMs = Math.min(this.#pauseMs * 2, webhookLimits.breakerPauseMaxMs);
    this.#until = now + this.#pauseMs;
  }

  /** Nobody knows how it would have gone: the caller went away. */
  left(): void {
    this.#isProbing = false;
  }

  #forgive(): void {
    this.#failures = 0;
    this.#pauseMs = webhookLimits.breakerPauseMinMs;
  }
}

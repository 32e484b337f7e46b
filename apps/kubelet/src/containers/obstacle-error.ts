/** A container cannot start now; `reason` is what users see as its waiting reason. */
export class ObstacleError extends Error {
  override readonly name = 'ObstacleError';
  readonly reason: string;
  /** Try again after so long. */
  readonly retryMs: number;

  constructor(reason: string, message: string, retryMs: number, options?: { cause?: unknown }) {
    super(message, options);
    this.reason = reason;
    this.retryMs = retryMs;
  }
}

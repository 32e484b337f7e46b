/** The numbers of `rhythm.api.v1.Session` that both ends must agree on (proto/rhythm/api/v1/api.proto). */
export const sessionLimits = {
  /** Largest body, or piece of a body, in one frame. */
  frameBytesMax: 1_000_000,
  /** Credit that a watch begins with, in bytes of objects. */
  watchCreditInitial: 1024 * 1024,
  /** Credit that a watch can have at most; more is cut. */
  watchCreditMax: 16 * 1024 * 1024,
} as const;

/** The limits of the gRPC face. What both ends must know is in `sessionLimits` of `@rhythm/grpc`. */
export interface GrpcLimits {
  /** Requests at a time on one session; more are answered with TooManyRequests. */
  readonly requestsMax: number;
  /** Watches at a time on one session. */
  readonly watchesMax: number;
  /** Largest body of a request, as on the HTTP face. */
  readonly bodyBytesMax: number;
  /** Unfinished bodies of one session together. */
  readonly partialBytesMax: number;
  /** A request without a deadline, or with a later one, ends after this. */
  readonly requestMs: number;
  /** A watch that has something to send but no credit for this long is ended with Expired. */
  readonly creditWaitMs: number;
  /** Replies and events of a session that wait for its connection; what makes more waits. */
  readonly outboxBytesMax: number;
}

export const defaultGrpcLimits: GrpcLimits = {
  requestsMax: 1_000,
  watchesMax: 1_000,
  bodyBytesMax: 3 * 1024 * 1024,
  partialBytesMax: 16 * 1024 * 1024,
  requestMs: 60_000,
  creditWaitMs: 10_000,
  outboxBytesMax: 4 * 1024 * 1024,
};

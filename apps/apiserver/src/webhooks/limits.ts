/** What is capped of calls to webhooks. */
export const webhookLimits = {
  /** An answer to an admission review or a conversion. */
  responseBytesMax: 16 * 1024 * 1024,
  responseHeaderBytesMax: 32 * 1024,
  /** Connections to one webhook at a time; more calls wait for one, within their own time. */
  connectionsPerHostMax: 64,
  /** Connections kept open without a call. */
  idleConnectionsPerHostMax: 4,
  idleMs: 60_000,
  /** What an error quotes of an answer. */
  quotedBytesMax: 512,
  /** Slow failures in a row after which a webhook is left alone for a while. */
  breakerFailuresMax: 5,
  /** A failure that took less costs nobody anything: only slow ones count. */
  breakerSlowMs: 500,
  breakerPauseMinMs: 1_000,
  breakerPauseMaxMs: 15_000,
  /** Webhooks whose failures are remembered. */
  breakersMax: 1_000,
} as const;

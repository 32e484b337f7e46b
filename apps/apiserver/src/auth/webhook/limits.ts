/** What is capped about webhooks that know users or rights, with units in the names. */
export const reviewWebhookLimits = {
  /** One question, without its repetitions. */
  requestMs: 10_000,
  /** All of it: a caller waits no longer. */
  totalMs: 30_000,
  attemptsMax: 5,
  answerBytesMax: 1024 * 1024,
  /** Questions at a time; callers beyond that are refused. */
  callsMax: 256,
  answersMax: 10_000,
  /** Longer questions are not remembered. */
  rememberedBytesMax: 10_000,
  /** Of a token that nobody knows: the webhook is not asked again at once, and a token that becomes good works soon. */
  refusedTokenMs: 10_000,
} as const;

/** Between two attempts, as in Kubernetes. */
export const reviewBackoff = { initialMs: 500, factor: 1.5, maxMs: 5_000, jitter: 0.2 } as const;

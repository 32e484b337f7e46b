/** What reading YAML may cost. */
export const yamlLimits = {
  /** Shorter ones are read at once: each line, comma, bracket or indicator takes up to 10 µs. */
  inlineMarksMax: 300,
  inlineBytesMax: 16 * 1024,
  /** Of those, what aliases may multiply them to. */
  inlineWorkMax: 1_000,
  inlineJsonBytesMax: 64 * 1024,
  threadsMax: 2,
  /** Bodies that wait for a thread; more are refused. */
  waitingMax: 64,
  /** One that is not read by then is given up, and its thread with it: the largest take a third of a second where the machine is free. */
  readMs: 30_000,
  /** Of one thread; it ends when it needs more. The worst documents need 40 MB. A young generation that is large would let it run past the limit unseen. */
  heapMb: 128,
  youngHeapMb: 4,
  stackMb: 4,
  /** A thread without work ends after this. */
  idleMs: 30_000,
} as const;

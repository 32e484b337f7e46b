/** Everything the apiserver caps, with its unit in the name. */
export const limits = {
  /** One stored object; a request body has the same cap in the HTTP kit. */
  objectBytesMax: 3 * 1024 * 1024,
  /** How long a consistent read waits for the cache before it reads through to the store. */
  freshnessWaitMs: 3_000,
  /** Between progress requests while readers wait (stores in mode `requested`). */
  progressRequestMs: 100,
  /** Events kept per resource for watches that come back. */
  historyEventsMax: 10_000,
  /** What these events keep of all resources together, besides the objects that there are. */
  historyBytesMax: 32 * 1024 * 1024,
  /** How long a watch that comes back after a restart waits for what it missed, from the store's history. */
  reachBackMs: 3_000,
  /** What one watch may leave unread before it is ended. */
  watchBacklogBytesMax: 8 * 1024 * 1024,
  watchBacklogEventsMax: 20_000,
  /** Bytes handed to a face at a time. */
  chunkBytes: 128 * 1024,
  /** How long a watch that was told of a change gathers what comes next: so many times what it took to tell all who were told with it, and this at least and at most. */
  watchRestFactor: 4,
  watchRestMinMs: 5,
  watchRestMaxMs: 100,
  /** What has gathered so much leaves at once. */
  watchGatherBytesMax: 64 * 1024,
  /** Telling many watches makes room for requests after this. */
  watchRoundTurnMs: 4,
  bookmarkEveryMs: 60_000,
  /** Without `--min-request-timeout`: watches without timeoutSeconds end at random between this and twice this. */
  watchTimeoutMinMs: 30 * 60_000,
  /** Without `--request-timeout`: deadline of everything that is not a watch or a stream. */
  requestTimeoutMs: 60_000,
  /** Keys per range when a cache loads or a list reads through. */
  rangePageKeys: 500,
  updateRetriesMax: 10,
  generateNameRetriesMax: 8,
  selectorBytesMax: 64 * 1024,
  /** Rendered forms other than the stored JSON, and rows of Tables, that are remembered; those that nobody asks for are forgotten. */
  renderCacheBytesMax: 64 * 1024 * 1024,
  renderIdleMs: 30_000,
  /** Of one list, of what must be made before it is sent and is not remembered; what is more is made twice. */
  listHeldBytesMax: 2 * 1024 * 1024,
  /** While there is no room, what was not asked for as long gives way; what is asked for again and again stays. */
  renderRestMs: 10_000,
  /** How long an event is kept after it was last written. */
  eventSeconds: 3_600,
  /** Events written within this time share a lease, and may live so much longer. */
  eventLeaseSeconds: 300,
  /** The store forgets revisions that are older than this, at most twice this. */
  compactEveryMs: 5 * 60_000,
  /** Objects a deletecollection works on at a time. */
  deleteWorkers: 32,
  /** How long a request waits to be held against the quotas of its namespace, and how many do. */
  quotaTimeoutMs: 10_000,
  quotaWaitersMax: 10_000,
  /** About how long after a lost race a charge is tried again. */
  quotaRetryMs: 10,
  /** A server that stops ends its watches so many at a time: 10,000 in a second. */
  watchesEndedAtATime: 200,
  watchesEndedEveryMs: 20,
  watchesPerResourceMax: 20_000,
  /** Of all resources together. */
  watchesPerUserMax: 5_000,
} as const;

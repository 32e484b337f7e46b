/** What aggregated servers may take, so that neither they nor their clients can fill this one. */
export const aggregationLimits = {
  /** Requests, watches and upgraded connections under way at a time, of all users. */
  openMax: 4_000,
  openPerUserMax: 1_000,
  /** Connections kept open without a request. */
  idleConnectionsPerServerMax: 8,
  idleMs: 60_000,
  responseHeaderBytesMax: 64 * 1024,
  /** How long a server may take to accept a connection, TLS included. */
  connectMs: 10_000,
  /** One answer to a request of the gRPC face; longer lists are asked for in pages. */
  responseBytesMax: 64 * 1024 * 1024,
  /** One event of a watch of the gRPC face. */
  eventBytesMax: 4 * 1024 * 1024,
  /** An answer to the check whether a server serves at all, which is not read any further. */
  checkMs: 5_000,
  checkAttempts: 5,
  /** Servers that are asked at the same time. */
  checksAtOnce: 10,
  /** A server is asked again after this though nothing has changed. */
  checkEveryMs: 30_000,
  /** After failures: the first pause, doubled up to `checkEveryMs`. */
  checkPauseMinMs: 500,
  /** Changes within this are seen as one. */
  gatherMs: 50,
  documentMs: 10_000,
  discoveryBytesMax: 4 * 1024 * 1024,
  openApiBytesMax: 16 * 1024 * 1024,
  /** What is kept of all servers' OpenAPI documents, compressed, and what that is when it is put into the cluster's own: little text can be much. */
  openApiKeptBytesMax: 8 * 1024 * 1024,
  openApiUnpackedBytesMax: 32 * 1024 * 1024,
  documentsEveryMs: 60_000,
  documentsPauseMinMs: 1_000,
  /** What is taken over of one group version. */
  resourcesPerVersionMax: 2_000,
  /** How long a local APIService that nothing here stands behind is left, in case that another server knows better. */
  unwantedMs: 1_000,
  /** Between looks at what aggregated servers authenticate by: any ConfigMap's change leads to one. */
  authenticationEveryMs: 1_000,
  /** Local APIServices written at the same time. */
  writesAtOnce: 8,
} as const;

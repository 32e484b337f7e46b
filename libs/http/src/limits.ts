/** What one server accepts. All are caps, not targets. */
export interface HttpLimits {
  readonly bodyBytesMax: number;
  /** Of all requests under way together: one client may have thousands. */
  readonly bodiesBytesMax: number;
  /** From the end of the headers to the end of the body. */
  readonly bodyTimeoutMs: number;
  /** All request headers together. */
  readonly headerBytesMax: number;
  readonly headerCountMax: number;
  readonly headersTimeoutMs: number;
  readonly handshakeTimeoutMs: number;
  /** A connection on which nothing is asked is closed after this. */
  readonly keepAliveTimeoutMs: number;
  /** A reply of which the client takes nothing for this long is broken off. */
  readonly writeStallMs: number;
  /** How long the rest of a body that nobody wants is still read, so that the client sees the reply. */
  readonly lingerMs: number;
  readonly connectionsMax: number;
  /** Requests at a time on one HTTP/2 connection. */
  readonly streamsPerConnectionMax: number;
  /** Replies at least this large are compressed for clients that accept gzip. */
  readonly gzipFromBytes: number;
  /** How long `stop` lets requests finish. */
  readonly stopTimeoutMs: number;
}

export const defaultHttpLimits: HttpLimits = {
  bodyBytesMax: 3 * 1024 * 1024,
  bodiesBytesMax: 192 * 1024 * 1024,
  bodyTimeoutMs: 30_000,
  headerBytesMax: 64 * 1024,
  headerCountMax: 256,
  headersTimeoutMs: 15_000,
  handshakeTimeoutMs: 10_000,
  keepAliveTimeoutMs: 180_000,
  writeStallMs: 120_000,
  lingerMs: 5_000,
  connectionsMax: 10_000,
  streamsPerConnectionMax: 1_000,
  gzipFromBytes: 128 * 1024,
  stopTimeoutMs: 2_000,
};

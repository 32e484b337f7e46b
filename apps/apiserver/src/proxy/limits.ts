/** What proxied requests may take, so that neither clients nor backends can fill the server. */
export const proxyLimits = {
  /** Requests and upgraded connections under way at a time, of all users. */
  openMax: 1_000,
  openPerUserMax: 200,
  /** A request body; it is passed on in pieces and never held. */
  requestBytesMax: 1024 * 1024 * 1024,
  /** How long a backend may take to accept the connection, TLS included. */
  connectMs: 10_000,
  /** Either way without a byte, an exchange or an upgraded connection ends after this. */
  idleMs: 4 * 60 * 60 * 1000,
  /** All headers of a backend's reply. */
  responseHeaderBytesMax: 64 * 1024,
  /** One tag of a page whose links are rewritten; a longer one is passed on as it is. */
  tagBytesMax: 64 * 1024,
  /** What a backend's refusal to upgrade may say. */
  refusalBytesMax: 64 * 1024,
} as const;

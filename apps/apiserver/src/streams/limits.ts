/** What one stream of a client may hold or take, so that no client can fill the server. */
export const streamLimits = {
  /** One WebSocket message or SPDY frame. */
  messageBytesMax: 1024 * 1024,
  /** Input that waits for the node before the client's socket is paused. */
  queuedInputBytesMax: 256 * 1024,
  /** Messages that wait: those already in our buffers when the socket is paused. */
  queuedInputsMax: 65_536,
  /** Bytes on their way to the client before the node is made to wait. */
  sendBufferBytesMax: 256 * 1024,
  /** A session without a byte either way ends after this (the kubelet's streaming-connection-idle-timeout). */
  idleMs: 4 * 60 * 60 * 1000,
  /** How long the node may take to answer the dial. */
  dialMs: 5_000,
  /** How long a client may take to open the streams that it announced. */
  openStreamsMs: 30_000,
  /** How long a client may take to read the last bytes. */
  closeMs: 5_000,
  /** How long a SPDY client has to close after the last byte before we do: some lose what they have not read yet. */
  lingerMs: 1_000,
  /** How long the first bytes of a log are waited for, so that a failure still becomes a Status. */
  firstLogMs: 500,
  /** SPDY streams open at a time on one connection: two per forwarded connection. */
  spdyStreamsMax: 512,
  /** Header block of one SPDY stream, decompressed. */
  spdyHeaderBytesMax: 16 * 1024,
  commandBytesMax: 128 * 1024,
} as const;

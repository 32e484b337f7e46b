/** Bytes, about. */
export interface WatchLimits {
  /** That wait to be sent on one stream; a stream beyond it is no longer given live events but reads history later. */
  readonly queuedBytesMax: number;
  /** Of history sent in one response: whole revisions only. */
  readonly historyBytesMax: number;
  /** Of events in one message when the watch asked for fragments. */
  readonly fragmentBytesMax: number;
}

/** Fragments stay below the 4 MiB that gRPC clients take by default. */
export const watchLimits: WatchLimits = { queuedBytesMax: 8 * 1024 * 1024, historyBytesMax: 1024 * 1024, fragmentBytesMax: 2 * 1024 * 1024 };

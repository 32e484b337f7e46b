/** The query parameters of the API, under their names. */
export interface TransportOptions {
  readonly resourceVersion?: string;
  readonly resourceVersionMatch?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly limit?: number;
  readonly continue?: string;
  readonly allowWatchBookmarks?: boolean;
  readonly sendInitialEvents?: boolean;
  readonly timeoutSeconds?: number;
  readonly dryRun?: readonly string[];
  readonly fieldManager?: string;
  readonly fieldValidation?: string;
  readonly force?: boolean;
}

export type TransportVerb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection';

/** One request on a resource. */
export interface TransportRequest {
  readonly verb: TransportVerb;
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
  readonly subresource: string;
  readonly options: TransportOptions;
  readonly body: Uint8Array;
  readonly contentType: string;
  readonly accept: string;
  readonly signal?: AbortSignal;
}

export interface TransportResponse {
  /** HTTP status code. */
  readonly code: number;
  readonly contentType: string;
  /** The object, the list, or a Status. */
  readonly body: Uint8Array;
  readonly warnings: readonly string[];
}

export interface TransportEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  /** Of an ERROR a Status. */
  readonly object: Uint8Array;
}

/**
 * How requests reach an API server. Rejects with `ApiError` when no answer came: ServiceUnavailable for a lost or
 * missing connection (a write may have happened), Timeout for a deadline. A refusal is an answer, and resolves.
 */
export interface ApiTransport {
  request(request: TransportRequest): Promise<TransportResponse>;
  /** Batches of events in order. Throws `ApiError` when the watch is refused or breaks. */
  watch(request: TransportRequest): AsyncIterable<readonly TransportEvent[]>;
  close(): Promise<void>;
}

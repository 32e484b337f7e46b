import type { FlowIds, RequestAttributes, RequestOptions } from '../ports/types.ts';

/** A request at the gate: what its cost is guessed from, and whom to tell what it was taken for. */
export interface Entrant {
  readonly options: RequestOptions;
  /** Whoever waits goes when this aborts. */
  readonly signal: AbortSignal;
  classified?(ids: FlowIds): void;
}

/** Room for one request. */
export interface Place {
  /** The request is over; further calls do nothing. */
  leave(): void;
}

/** Lets requests in, each at its time. */
export interface FlowGate {
  /** Room for the request: at once, or later. Throws or rejects with `ApiError` TooManyRequests. `undefined`: it needs none. */
  enter(attributes: RequestAttributes, entrant: Entrant): Place | Promise<Place> | undefined;
}

const longResources: ReadonlySet<string> = new Set(['attach', 'exec', 'log', 'portforward', 'proxy']);

/** Streams and passages to other servers: they last as long as they like, and no gate counts them. */
export function isLongRunning({ subresource }: Pick<RequestAttributes, 'subresource'>): boolean {
  return subresource !== '' && longResources.has(subresource);
}

/** Kubernetes' words for those who have to come again. */
export const tooManyText = 'Too many requests, please try again later.';

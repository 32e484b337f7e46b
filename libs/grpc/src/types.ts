import type { Metadata, ServerUnaryCall } from '@grpc/grpc-js';
import type { Clock } from '@rhythm/base';

/** One method of a generated service definition, as `ApiService.get`. */
export interface Method<Q, R> {
  readonly path: string;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
  readonly requestSerialize: (value: Q) => Buffer;
  readonly responseDeserialize: (value: Buffer) => R;
}

/** The part of a server's call that tells who is calling. */
export type AuthContextCall = Pick<ServerUnaryCall<unknown, unknown>, 'getAuthContext'>;

export interface CallSettings {
  /** The call fails with DEADLINE_EXCEEDED after this many milliseconds of `clock`; none by default. */
  readonly deadlineMs?: number;
  /** Default: the machine's clock. */
  readonly clock?: Pick<Clock, 'setTimer'>;
  /** Cancels the call; it then fails with CANCELLED. */
  readonly signal?: AbortSignal;
  readonly metadata?: Metadata;
}

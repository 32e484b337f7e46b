import type { Clock } from '@rhythm/base';
import type { GrpcError } from '../error.ts';
import type { Backlog } from './backlog.ts';
import type { LeanCall } from './call.ts';

/** What a call needs of its connection. */
export interface CallPort {
  readonly receiveBytesMax: number;
  readonly clock: Pick<Clock, 'setTimer'>;
  readonly backlog: Backlog;
  /** Sends what the call has in `outbox`, as far as the windows allow. */
  pump(call: LeanCall): void;
  /** Ends the caller's side too, and forgets the call. */
  sendFailure(call: LeanCall, error: GrpcError): void;
  /** Tells the caller that so many bytes more may come. */
  credit(call: LeanCall, bytes: number): void;
  /** So many bytes more (or less) wait in memory for handlers. False: it is too much. */
  hold(bytes: number): boolean;
  /** A handler begins or ends to run; `abandoned`: one more, or less, runs for nobody. */
  running(by: 1 | 0 | -1, abandoned: 1 | 0 | -1): void;
}

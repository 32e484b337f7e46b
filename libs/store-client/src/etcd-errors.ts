import { status, toGrpcError, type GrpcError } from '@rhythm/grpc';
import { StoreError } from './store.ts';

/** Texts of grpc-js for a call that never left: nothing can have been written. */
const neverSent = /^(No connection established|Name resolution failed|Failed to connect|The channel has been closed)/;

/** The port's error for a read. */
export function readError(thrown: unknown): StoreError {
  return translate(thrown, 'Unavailable');
}

/** The port's error for a write: when the connection broke nobody knows whether it happened. */
export function writeError(thrown: unknown): StoreError {
  return translate(thrown, 'Unknown');
}

function translate(thrown: unknown, broken: 'Unavailable' | 'Unknown'): StoreError {
  if (thrown instanceof StoreError) return thrown;
  const error: GrpcError = toGrpcError(thrown);
  const fail = (kind: StoreError['kind']): StoreError => new StoreError(kind, error.details, { cause: error });
  switch (error.code) {
    case status.OUT_OF_RANGE:
      return fail(error.details.includes('compacted') ? 'Compacted' : error.details.includes('future revision') ? 'FutureRevision' : 'Internal');
    case status.RESOURCE_EXHAUSTED:
      return fail(error.details.includes('space exceeded') ? 'NoSpace' : error.details.includes('too many requests') ? 'Unavailable' : 'TooLarge');
    case status.INVALID_ARGUMENT:
      return fail(error.details.includes('too large') ? 'TooLarge' : 'Internal');
    case status.UNAVAILABLE:
      return fail(neverSent.test(error.details) || error.details.includes('no leader') ? 'Unavailable' : broken);
    case status.CANCELLED:
    case status.DEADLINE_EXCEEDED:
      return fail(broken);
    default:
      return fail('Internal');
  }
}

import { Metadata, status, type ServiceError } from '@grpc/grpc-js';
import { toError } from '@rhythm/base';

/** A gRPC status code, 0 to 16. */
export type GrpcCode = (typeof status)[keyof typeof status] & number;

/** A gRPC call that failed: its status code, its message and its trailing metadata. */
export class GrpcError extends Error {
  override readonly name = 'GrpcError';
  readonly code: GrpcCode;
  /** The status message as the peer sent it. */
  readonly details: string;
  readonly metadata: Metadata;

  constructor(code: GrpcCode, details: string, options: { metadata?: Metadata; cause?: unknown } = {}) {
    super(`${codeName(code)}: ${details}`, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = details;
    this.metadata = options.metadata ?? new Metadata();
  }
}

/** `NOT_FOUND` for 5; `CODE_99` for what is not a code. */
export function codeName(code: number): string {
  return (status[code] as string | undefined) ?? `CODE_${code}`;
}

export function hasCode(thrown: unknown, code: GrpcCode): thrown is GrpcError {
  return thrown instanceof GrpcError && thrown.code === code;
}

/** The `GrpcError` for anything thrown by grpc-js or a handler; what has no code becomes UNKNOWN, its cause kept. */
export function toGrpcError(thrown: unknown): GrpcError {
  if (thrown instanceof GrpcError) return thrown;
  const error = toError(thrown) as Partial<ServiceError> & Error;
  if (typeof error.code === 'number' && typeof error.details === 'string') {
    const code = isBrokenConnection(error.code, error.details) ? status.UNAVAILABLE : error.code;
    return new GrpcError(code, error.details, { ...(error.metadata === undefined ? {} : { metadata: error.metadata }), cause: thrown });
  }
  return new GrpcError(status.UNKNOWN, error.message, { cause: thrown });
}

/** grpc-js takes a connection that closes in the middle of a call for a fault of the server; whoever calls may simply try again. */
function isBrokenConnection(code: number, details: string): boolean {
  return code === status.INTERNAL && (details.startsWith('Received RST_STREAM with code 0') || details.includes('triggered by internal client error'));
}

/**
 * Kubernetes StatusReason → gRPC code. Kept by name, so that this library needs no knowledge of the API's types;
 * `reasonOfCode` is the way back for peers that send no Kubernetes Status.
 */
const codeOfReasonTable: Readonly<Record<string, GrpcCode>> = {
  BadRequest: status.INVALID_ARGUMENT,
  Unauthorized: status.UNAUTHENTICATED,
  Forbidden: status.PERMISSION_DENIED,
  NotFound: status.NOT_FOUND,
  MethodNotAllowed: status.UNIMPLEMENTED,
  NotAcceptable: status.INVALID_ARGUMENT,
  AlreadyExists: status.ALREADY_EXISTS,
  Conflict: status.ABORTED,
  Gone: status.OUT_OF_RANGE,
  Expired: status.OUT_OF_RANGE,
  RequestEntityTooLarge: status.INVALID_ARGUMENT,
  UnsupportedMediaType: status.INVALID_ARGUMENT,
  Invalid: status.INVALID_ARGUMENT,
  TooManyRequests: status.RESOURCE_EXHAUSTED,
  InternalError: status.INTERNAL,
  ServerTimeout: status.UNAVAILABLE,
  ServiceUnavailable: status.UNAVAILABLE,
  Timeout: status.DEADLINE_EXCEEDED,
};

/** The gRPC code for a Kubernetes reason; UNKNOWN for a reason outside the vocabulary. */
export function codeOfReason(reason: string): GrpcCode {
  return Object.hasOwn(codeOfReasonTable, reason) ? (codeOfReasonTable[reason] ?? status.UNKNOWN) : status.UNKNOWN;
}

/** The Kubernetes reason that fits a bare gRPC code. */
export function reasonOfCode(code: number): string {
  switch (code) {
    case status.INVALID_ARGUMENT:
    case status.FAILED_PRECONDITION:
      return 'BadRequest';
    case status.UNAUTHENTICATED:
      return 'Unauthorized';
    case status.PERMISSION_DENIED:
      return 'Forbidden';
    case status.NOT_FOUND:
      return 'NotFound';
    case status.UNIMPLEMENTED:
      return 'MethodNotAllowed';
    case status.ALREADY_EXISTS:
      return 'AlreadyExists';
    case status.ABORTED:
      return 'Conflict';
    case status.OUT_OF_RANGE:
      return 'Expired';
    case status.RESOURCE_EXHAUSTED:
      return 'TooManyRequests';
    case status.UNAVAILABLE:
    case status.CANCELLED:
      return 'ServiceUnavailable';
    case status.DEADLINE_EXCEEDED:
      return 'Timeout';
    default:
      return 'InternalError';
  }
}

/** Trailing metadata that carries a Kubernetes Status as JSON (proto/rhythm/api/v1). */
export const statusMetadataKey = 'kubernetes-status-bin';

/** Trailing metadata of a refusal with what the caller is to be warned of besides, one value for each text (UTF-8). */
export const warningMetadataKey = 'kubernetes-warning-bin';

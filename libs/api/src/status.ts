import { toError } from '@rhythm/base';
import type { Status, StatusCause, StatusDetails } from './gen/types/meta-v1.ts';

/** Reason → HTTP code, the closed vocabulary of refusals (apimachinery, meta/v1 StatusReason). */
export const reasonCodes = {
  BadRequest: 400,
  Unauthorized: 401,
  Forbidden: 403,
  NotFound: 404,
  MethodNotAllowed: 405,
  NotAcceptable: 406,
  AlreadyExists: 409,
  Conflict: 409,
  Gone: 410,
  Expired: 410,
  RequestEntityTooLarge: 413,
  UnsupportedMediaType: 415,
  Invalid: 422,
  TooManyRequests: 429,
  InternalError: 500,
  ServerTimeout: 500,
  ServiceUnavailable: 503,
  Timeout: 504,
} as const;

export type StatusReason = keyof typeof reasonCodes;

/** A refusal or failure of the API: a Kubernetes `Status` as an error. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly reason: StatusReason;
  readonly code: number;
  readonly details: StatusDetails | undefined;
  /** With which a list that expired may go on. */
  readonly continue: string | undefined;

  constructor(reason: StatusReason, message: string, options: { details?: StatusDetails; code?: number; continue?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.reason = reason;
    this.code = options.code ?? reasonCodes[reason];
    this.details = options.details;
    this.continue = options.continue;
  }

  toStatus(): Status {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: this.continue === undefined ? {} : { continue: this.continue },
      status: 'Failure',
      message: this.message,
      reason: this.reason,
      ...(this.details === undefined ? {} : { details: this.details }),
      code: this.code,
    };
  }
}

/** The error that a `Status` from the server stands for. */
export function errorFromStatus(status: Status): ApiError {
  const reason = isReason(status.reason) ? status.reason : reasonOfCode(status.code ?? 500);
  return new ApiError(reason, status.message ?? `the server answered ${status.code ?? 500}`, {
    ...(status.details === undefined ? {} : { details: status.details }),
    ...(status.code === undefined ? {} : { code: status.code }),
  });
}

/** The `ApiError` for anything thrown: what is not one is an internal error with its cause kept. */
export function toApiError(thrown: unknown): ApiError {
  if (thrown instanceof ApiError) return thrown;
  return new ApiError('InternalError', `Internal error occurred: ${toError(thrown).message}`, { cause: thrown });
}

export function isReason(reason: string | undefined): reason is StatusReason {
  return reason !== undefined && Object.hasOwn(reasonCodes, reason);
}

export function hasReason(thrown: unknown, reason: StatusReason): thrown is ApiError {
  return thrown instanceof ApiError && thrown.reason === reason;
}

/** `RESOURCE "NAME" not found`, with the details clients match on. `resource` is `plural` or `plural.group`. */
export function notFound(resource: { group: string; resource: string }, name: string): ApiError {
  return new ApiError('NotFound', `${qualified(resource)} "${name}" not found`, { details: about(resource, name) });
}

export function alreadyExists(resource: { group: string; resource: string }, name: string): ApiError {
  return new ApiError('AlreadyExists', `${qualified(resource)} "${name}" already exists`, { details: about(resource, name) });
}

export function conflict(resource: { group: string; resource: string }, name: string, why: string): ApiError {
  return new ApiError('Conflict', `Operation cannot be fulfilled on ${qualified(resource)} "${name}": ${why}`, {
    details: about(resource, name),
  });
}

/** Error types of `field.Error` (apimachinery, validation/field); the value is the cause's reason. */
export type FieldErrorType =
  | 'FieldValueRequired'
  | 'FieldValueInvalid'
  | 'FieldValueNotSupported'
  | 'FieldValueForbidden'
  | 'FieldValueDuplicate'
  | 'FieldValueTooLong'
  | 'FieldValueTooMany'
  | 'FieldValueNotFound'
  | 'FieldValueTypeInvalid'
  | 'InternalError';

/** One thing wrong with one field. `message` is the text without the field, as it stands in `details.causes`. */
export interface FieldError {
  readonly type: FieldErrorType;
  readonly field: string;
  readonly message: string;
}

/** Errors that one refusal tells of, and the longest name of a field in it: both come from the client. */
const fieldErrorsMax = 500;
const fieldLengthMax = 1024;

/** 422 with one cause per error; of very many errors the first. The message tells each text once. */
export function invalid(kind: { group: string; kind: string }, name: string, errors: readonly FieldError[]): ApiError {
  const told = errors.slice(0, fieldErrorsMax).map((e) => (e.field.length > fieldLengthMax ? { ...e, field: `${e.field.slice(0, fieldLengthMax)}…` } : e));
  const causes: StatusCause[] = told.map((e) => ({ reason: e.type, message: e.message, field: e.field }));
  const texts = [...new Set(told.map((e) => `${e.field}: ${e.message}`))];
  if (errors.length > told.length) texts.push(`and ${errors.length - told.length} more`);
  const text = texts.length === 1 ? (texts[0] ?? '') : `[${texts.join(', ')}]`;
  const shown = kind.group === '' ? kind.kind : `${kind.kind}.${kind.group}`;
  return new ApiError('Invalid', `${shown} "${name}" is invalid: ${text}`, {
    details: { name, ...(kind.group === '' ? {} : { group: kind.group }), kind: kind.kind, causes },
  });
}

function qualified(resource: { group: string; resource: string }): string {
  return resource.group === '' ? resource.resource : `${resource.resource}.${resource.group}`;
}

function about(resource: { group: string; resource: string }, name: string): StatusDetails {
  return { name, ...(resource.group === '' ? {} : { group: resource.group }), kind: resource.resource };
}

function reasonOfCode(code: number): StatusReason {
  const found = Object.entries(reasonCodes).find(([, c]) => c === code);
  return (found?.[0] as StatusReason | undefined) ?? 'InternalError';
}

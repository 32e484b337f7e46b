import { ApiError, errorFromStatus } from '@rhythm/api';
import type { Status } from '@rhythm/api/types/meta-v1';

/** The refusal of a webhook, which may give any reason of its own. */
class Denial extends ApiError {
  readonly #status: Status;

  constructor(status: Status) {
    const known = errorFromStatus(status);
    super(known.reason, known.message, { code: known.code, ...(known.details === undefined ? {} : { details: known.details }) });
    this.#status = status;
  }

  override toStatus(): Status {
    return this.#status;
  }
}

const messageBytesMax = 16 * 1024;

/** `admission webhook "x" denied the request: WHY`, with the code that the webhook gives (apiserver, webhook/errors ToStatusErr). */
export function denied(name: string, given: Partial<Status> | undefined): ApiError {
  const message = textOf(given?.message);
  const reason = textOf(given?.reason);
  const why = message !== '' ? `: ${message}` : reason !== '' ? `: ${reason}` : ' without explanation';
  const code = typeof given?.code === 'number' && Number.isInteger(given.code) && given.code >= 400 && given.code <= 599 ? given.code : 400;
  return new Denial({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: `admission webhook ${JSON.stringify(name)} denied the request${why}`,
    ...(reason === '' ? {} : { reason }),
    ...(typeof given?.details === 'object' && given.details !== null ? { details: given.details } : {}),
    code,
  });
}

/** `Internal error occurred: failed calling webhook "x": WHY`. */
export function uncallable(name: string, why: string, cause: unknown): ApiError {
  const message = `failed calling webhook ${JSON.stringify(name)}: ${why}`;
  return new ApiError('InternalError', `Internal error occurred: ${message}`, { cause, details: { causes: [{ message }] } });
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value.slice(0, messageBytesMax) : '');

import { ApiError } from '../status.ts';

/** The patch itself is malformed: 400. */
export function badPatch(message: string): ApiError {
  return new ApiError('BadRequest', message);
}

/** The patch is well formed but does not fit the object: 422, as upstream answers, with what was wrong as its cause. */
export function patchDoesNotApply(message: string, field = ''): ApiError {
  return new ApiError('Invalid', 'the server rejected our request due to an error in our request', {
    details: { causes: [{ reason: 'UnexpectedServerResponse', message, ...(field === '' ? {} : { field }) }] },
  });
}

/** The patch asks for more work than is done for one request: 413. */
export function patchTooLarge(message: string): ApiError {
  return new ApiError('RequestEntityTooLarge', message);
}

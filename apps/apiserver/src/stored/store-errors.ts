import { ApiError } from '@rhythm/api';
import { StoreError } from '@rhythm/store-client';

/** Store failures in the API's words. */
export async function translated<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    switch (error.kind) {
      case 'Compacted':
        throw new ApiError('Expired', 'The provided continue parameter or resource version is too old to display a consistent list result', { cause: error });
      case 'TooLarge':
        throw new ApiError('RequestEntityTooLarge', `the object is too large for the store: ${error.message}`, { cause: error });
      case 'NoSpace':
        throw new ApiError('InternalError', `the store has no space left: ${error.message}`, { cause: error });
      case 'Unavailable':
        throw new ApiError('ServiceUnavailable', `the store cannot be reached: ${error.message}`, { cause: error });
      case 'Unknown':
        throw new ApiError('Timeout', `the store did not answer; the request may or may not have taken effect: ${error.message}`, { cause: error });
      default:
        throw new ApiError('InternalError', error.message, { cause: error });
    }
  }
}

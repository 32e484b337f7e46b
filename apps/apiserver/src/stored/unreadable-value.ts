import { ApiError } from '@rhythm/api';

/** A stored value that cannot be decrypted. Lists of its kind fail rather than leave it out: a controller would take it for deleted. */
export class UnreadableValue extends ApiError {
  constructor(key: string, why: string, options: { cause?: unknown } = {}) {
    super('InternalError', `Internal error occurred: unable to transform key ${JSON.stringify(key)}: ${why}`, options);
  }
}

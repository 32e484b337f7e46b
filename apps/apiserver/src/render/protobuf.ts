import { ApiError, encodeProtobuf, ProtobufError } from '@rhythm/api';

/** An object in Kubernetes' protobuf, with the envelope. @throws ApiError NotAcceptable for what has no such form. */
export function toProtobuf(object: object): Uint8Array {
  const { kind = '', apiVersion = '' } = object as { kind?: string; apiVersion?: string };
  const slash = apiVersion.indexOf('/');
  try {
    return encodeProtobuf({ group: slash < 0 ? '' : apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1), kind }, object);
  } catch (error) {
    if (error instanceof ProtobufError) throw new ApiError('NotAcceptable', error.message, { cause: error });
    throw error;
  }
}

import { toApiError, type ApiError } from '@rhythm/api';
import { codeOfReason, GrpcError, Metadata, statusMetadataKey } from '@rhythm/grpc';
import type { Response } from '@rhythm/proto/api';

/** A refusal as the reply of a session: the Status as a body, like on the HTTP face. */
export function errorResponse(error: ApiError): Response {
  return { code: error.code, contentType: 'application/json', body: Buffer.from(JSON.stringify(error.toStatus())), warnings: [] };
}

/** A refusal as the failure of a unary call: a gRPC code, and the Status in the trailing metadata. */
export function grpcErrorOf(thrown: unknown): GrpcError {
  if (thrown instanceof GrpcError) return thrown;
  const error = toApiError(thrown);
  const metadata = new Metadata();
  metadata.set(statusMetadataKey, Buffer.from(JSON.stringify(error.toStatus())));
  return new GrpcError(codeOfReason(error.reason), error.message, { metadata, cause: thrown });
}

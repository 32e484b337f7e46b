import { toApiError, type ApiError } from '@rhythm/api';
import { codeOfReason, GrpcError, Metadata, statusMetadataKey, warningMetadataKey } from '@rhythm/grpc';
import type { Response } from '@rhythm/proto/api';
import { warningsOf } from '../pipeline/warned.ts';

/** A refusal as the reply of a session: the Status as a body, like on the HTTP face. */
export function errorResponse(error: ApiError, warnings: readonly string[] = []): Response {
  return { code: error.code, contentType: 'application/json', body: Buffer.from(JSON.stringify(error.toStatus())), warnings: [...warnings] };
}

/** A refusal as the failure of a unary call: a gRPC code, and Status and warnings in the trailing metadata. */
export function grpcErrorOf(thrown: unknown): GrpcError {
  if (thrown instanceof GrpcError) return thrown;
  const error = toApiError(thrown);
  const metadata = new Metadata();
  metadata.set(statusMetadataKey, Buffer.from(JSON.stringify(error.toStatus())));
  for (const warning of warningsOf(thrown)) metadata.add(warningMetadataKey, Buffer.from(warning));
  return new GrpcError(codeOfReason(error.reason), error.message, { metadata, cause: thrown });
}

import { ApiError, toApiError, type StatusReason } from '@rhythm/api';
import { codeOfReason, GrpcError, Metadata, statusMetadataKey } from '@rhythm/grpc';

/** A refusal as the apiserver passes it on: a gRPC status with the Kubernetes Status beside it. */
export function grpcRefusal(thrown: unknown): GrpcError {
  if (thrown instanceof GrpcError) return thrown;
  const error = toApiError(thrown);
  const metadata = new Metadata();
  metadata.set(statusMetadataKey, Buffer.from(JSON.stringify(error.toStatus())));
  return new GrpcError(codeOfReason(error.reason), error.message, { metadata, cause: thrown });
}

export const refuse = (reason: StatusReason, message: string): ApiError => new ApiError(reason, message);

import { toApiError, type ApiError } from '@rhythm/api';
import type { Status } from '@rhythm/api/types/meta-v1';
import { codeOfReason, GrpcError, Metadata, statusMetadataKey, warningMetadataKey } from '@rhythm/grpc';
import type { Response } from '@rhythm/proto/api';
import { warningsOf } from '../pipeline/warned.ts';

/** What a client may be expected to take as trailing metadata: some break the call off beyond 8 KiB, and would ask again. */
const messageLengthMax = 1_024;
const statusBytesMax = 4_096;

/** A refusal as the reply of a session: the Status as a body, like on the HTTP face. */
export function errorResponse(error: ApiError, warnings: readonly string[] = []): Response {
  return { code: error.code, contentType: 'application/json', body: Buffer.from(JSON.stringify(error.toStatus())), warnings: [...warnings] };
}

/** A refusal as the failure of a unary call: a gRPC code, and Status (shortened when it is long) and warnings in the trailing metadata. */
export function grpcErrorOf(thrown: unknown): GrpcError {
  if (thrown instanceof GrpcError) return thrown;
  const error = toApiError(thrown);
  const status = shortened(error.toStatus());
  const metadata = new Metadata();
  metadata.set(statusMetadataKey, Buffer.from(JSON.stringify(status)));
  for (const warning of warningsOf(thrown)) metadata.add(warningMetadataKey, Buffer.from(warning));
  return new GrpcError(codeOfReason(error.reason), status.message ?? '', { metadata, cause: thrown });
}

/** A Status often repeats what the client sent, however long that was. Of many causes the first stay. */
function shortened(status: Status): Status {
  if (Buffer.byteLength(JSON.stringify(status)) <= statusBytesMax && (status.message ?? '').length <= messageLengthMax) return status;
  const { details, ...rest } = status;
  const short: Status = { ...rest, message: cut(status.message ?? '', messageLengthMax) };
  if (details === undefined) return short;
  const { causes = [], name, ...other } = details;
  let room = statusBytesMax - Buffer.byteLength(JSON.stringify(short));
  const kept = [];
  for (const cause of causes) {
    const one = { ...cause, ...(cause.message === undefined ? {} : { message: cut(cause.message, 512) }), ...(cause.field === undefined ? {} : { field: cut(cause.field, 256) }) };
    room -= Buffer.byteLength(JSON.stringify(one));
    if (room < 0) break;
    kept.push(one);
  }
  return { ...short, details: { ...other, ...(name === undefined ? {} : { name: cut(name, 253) }), ...(kept.length === 0 ? {} : { causes: kept }) } };
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}

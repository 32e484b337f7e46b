import { GrpcError, status } from '@rhythm/grpc';
import type { DowngradeRequest } from '@rhythm/proto/etcd';
import { etcdError } from './errors.ts';

/** The only target that etcd itself would go down to from the version whose API this is. */
const target = /^v?3\.5(\.\d+)?$/;
const version = /^v?\d+\.\d+(\.\d+)?$/;

/**
 * What a request to go down to an older etcd is refused with: etcd's errors where it refuses too. There is no older version to go down to
 * in place; the way to an older etcd is a snapshot.
 */
export function downgradeAnswer(request: DowngradeRequest): GrpcError {
  if (request.action === 2) return etcdError('NoInflightDowngrade');
  if (!version.test(request.version)) return etcdError('WrongVersionFormat');
  if (!target.test(request.version)) return etcdError('InvalidDowngradeTarget');
  return new GrpcError(status.FAILED_PRECONDITION, 'rhythm store: members cannot be replaced by an older etcd in place: restore a snapshot there');
}

import { GrpcError } from '@rhythm/grpc';
import { etcdError, type EtcdErrorKind } from '../services/errors.ts';

/** Authentication or authorisation refuses a request. Known by its kind to the log, by etcd's code and text to the client. */
export class AuthError extends GrpcError {
  readonly kind: EtcdErrorKind;

  constructor(kind: EtcdErrorKind) {
    const { code, details } = etcdError(kind);
    super(code, details);
    this.kind = kind;
  }
}

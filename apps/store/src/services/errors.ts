import { GrpcError, status, type GrpcCode } from '@rhythm/grpc';

/** etcd's errors, by the names used here: clients match on code and text. */
const table = {
  EmptyKey: [status.INVALID_ARGUMENT, 'etcdserver: key is not provided'],
  KeyNotFound: [status.INVALID_ARGUMENT, 'etcdserver: key not found'],
  ValueProvided: [status.INVALID_ARGUMENT, 'etcdserver: value is provided'],
  LeaseProvided: [status.INVALID_ARGUMENT, 'etcdserver: lease is provided'],
  TooManyOps: [status.INVALID_ARGUMENT, 'etcdserver: too many operations in txn request'],
  TooDeep: [status.INVALID_ARGUMENT, 'etcdserver: too many operations in txn request'],
  DuplicateKey: [status.INVALID_ARGUMENT, 'etcdserver: duplicate key given in txn request'],
  InvalidSortOption: [status.INVALID_ARGUMENT, 'etcdserver: invalid sort option'],
  Compacted: [status.OUT_OF_RANGE, 'etcdserver: mvcc: required revision has been compacted'],
  FutureRevision: [status.OUT_OF_RANGE, 'etcdserver: mvcc: required revision is a future revision'],
  NoSpace: [status.RESOURCE_EXHAUSTED, 'etcdserver: mvcc: database space exceeded'],
  LeaseNotFound: [status.NOT_FOUND, 'etcdserver: requested lease not found'],
  LeaseExists: [status.FAILED_PRECONDITION, 'etcdserver: lease already exists'],
  LeaseTtlTooLarge: [status.OUT_OF_RANGE, 'etcdserver: too large lease TTL'],
  MemberNotFound: [status.NOT_FOUND, 'etcdserver: member not found'],
  RequestTooLarge: [status.INVALID_ARGUMENT, 'etcdserver: request is too large'],
  TooManyRequests: [status.RESOURCE_EXHAUSTED, 'etcdserver: too many requests'],
  NoLeader: [status.UNAVAILABLE, 'etcdserver: no leader'],
  NotLeader: [status.FAILED_PRECONDITION, 'etcdserver: not leader'],
  Stopped: [status.UNAVAILABLE, 'etcdserver: server stopped'],
  Timeout: [status.UNAVAILABLE, 'etcdserver: request timed out'],
  AuthNotEnabled: [status.FAILED_PRECONDITION, 'etcdserver: authentication is not enabled'],
} as const satisfies Record<string, readonly [GrpcCode, string]>;

export type EtcdErrorKind = keyof typeof table;

export function etcdError(kind: EtcdErrorKind): GrpcError {
  const [code, text] = table[kind];
  return new GrpcError(code, text);
}

/** For a method of etcd's that this store does not have yet. */
export function notImplemented(what: string): GrpcError {
  return new GrpcError(status.UNIMPLEMENTED, `rhythm store: ${what} is not supported`);
}

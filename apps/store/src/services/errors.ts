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
  Corrupt: [status.DATA_LOSS, 'etcdserver: corrupt cluster'],
  NoInflightDowngrade: [status.FAILED_PRECONDITION, 'etcdserver: no inflight downgrade job'],
  WrongVersionFormat: [status.INVALID_ARGUMENT, 'etcdserver: wrong version format'],
  InvalidDowngradeTarget: [status.INVALID_ARGUMENT, 'etcdserver: invalid downgrade target version'],
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
  TimeoutDueToLeaderFail: [status.UNAVAILABLE, 'etcdserver: request timed out, possibly due to previous leader failure'],
  TimeoutDueToConnectionLost: [status.UNAVAILABLE, 'etcdserver: request timed out, possibly due to connection lost'],
  TimeoutLeaderTransfer: [status.UNKNOWN, 'etcdserver: request timed out, leader transfer took too long'],
  LeaderChanged: [status.UNAVAILABLE, 'etcdserver: leader changed'],
  Unhealthy: [status.UNAVAILABLE, 'etcdserver: unhealthy cluster'],
  MemberExist: [status.FAILED_PRECONDITION, 'etcdserver: member ID already exist'],
  PeerUrlExist: [status.FAILED_PRECONDITION, 'etcdserver: Peer URLs already exists'],
  MemberNotEnoughStarted: [status.FAILED_PRECONDITION, 'etcdserver: re-configuration failed due to not enough started members'],
  MemberBadUrls: [status.INVALID_ARGUMENT, 'etcdserver: given member URLs are invalid'],
  MemberNotLearner: [status.FAILED_PRECONDITION, 'etcdserver: can only promote a learner member'],
  LearnerNotReady: [status.FAILED_PRECONDITION, 'etcdserver: can only promote a learner member which is in sync with leader'],
  TooManyLearners: [status.FAILED_PRECONDITION, 'etcdserver: too many learner members in cluster'],
  BadLeaderTransferee: [status.FAILED_PRECONDITION, 'etcdserver: bad leader transferee'],
  NotSupportedForLearner: [status.FAILED_PRECONDITION, 'etcdserver: rpc not supported for learner'],
  AuthNotEnabled: [status.FAILED_PRECONDITION, 'etcdserver: authentication is not enabled'],
  RootUserNotExist: [status.FAILED_PRECONDITION, 'etcdserver: root user does not exist'],
  RootRoleNotExist: [status.FAILED_PRECONDITION, 'etcdserver: root user does not have root role'],
  UserAlreadyExist: [status.FAILED_PRECONDITION, 'etcdserver: user name already exists'],
  UserEmpty: [status.INVALID_ARGUMENT, 'etcdserver: user name is empty'],
  UserNotFound: [status.FAILED_PRECONDITION, 'etcdserver: user name not found'],
  RoleAlreadyExist: [status.FAILED_PRECONDITION, 'etcdserver: role name already exists'],
  RoleNotFound: [status.FAILED_PRECONDITION, 'etcdserver: role name not found'],
  RoleEmpty: [status.INVALID_ARGUMENT, 'etcdserver: role name is empty'],
  AuthFailed: [status.INVALID_ARGUMENT, 'etcdserver: authentication failed, invalid user ID or password'],
  // etcd has no code for the next one.
  NoPasswordUser: [status.UNKNOWN, 'auth: authentication failed, password was given for no password user'],
  PermissionNotGiven: [status.INVALID_ARGUMENT, 'etcdserver: permission not given'],
  PermissionDenied: [status.PERMISSION_DENIED, 'etcdserver: permission denied'],
  RoleNotGranted: [status.FAILED_PRECONDITION, 'etcdserver: role is not granted to the user'],
  PermissionNotGranted: [status.FAILED_PRECONDITION, 'etcdserver: permission is not granted to the role'],
  InvalidAuthToken: [status.UNAUTHENTICATED, 'etcdserver: invalid auth token'],
  InvalidAuthMgmt: [status.INVALID_ARGUMENT, 'etcdserver: invalid auth management'],
  AuthOldRevision: [status.INVALID_ARGUMENT, 'etcdserver: revision of auth store is old'],
  PasswordTooLong: [status.INVALID_ARGUMENT, 'bcrypt: password length exceeds 72 bytes'],
  InvalidPasswordHash: [status.INVALID_ARGUMENT, 'rhythm store: hashedPassword is not a bcrypt hash in base64'],
  VerifyOnly: [status.FAILED_PRECONDITION, 'auth: token signing attempted with verify-only key'],
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

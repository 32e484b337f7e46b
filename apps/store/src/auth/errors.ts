/** Why authentication or authorisation refuses a request, by the names in `services/errors.ts`, which has etcd's codes and texts. */
export type AuthErrorKind =
  | 'RootUserNotExist'
  | 'RootRoleNotExist'
  | 'UserAlreadyExist'
  | 'UserEmpty'
  | 'UserNotFound'
  | 'RoleAlreadyExist'
  | 'RoleNotFound'
  | 'RoleEmpty'
  | 'AuthFailed'
  | 'NoPasswordUser'
  | 'PermissionNotGiven'
  | 'PermissionDenied'
  | 'RoleNotGranted'
  | 'PermissionNotGranted'
  | 'AuthNotEnabled'
  | 'InvalidAuthToken'
  | 'InvalidAuthMgmt'
  | 'AuthOldRevision'
  | 'PasswordTooLong'
  | 'InvalidPasswordHash'
  | 'VerifyOnly';

export class AuthError extends Error {
  override readonly name = 'AuthError';
  readonly kind: AuthErrorKind;

  constructor(kind: AuthErrorKind) {
    super(kind);
    this.kind = kind;
  }
}

import type { Write } from '@rhythm/mvcc';
import type { AuthCommand, TokenAssignment } from '@rhythm/proto/store';
import type {
  AuthRoleGrantPermissionRequest,
  AuthRoleRevokePermissionRequest,
  AuthUserAddRequest,
  AuthUserChangePasswordRequest,
} from '@rhythm/proto/etcd';
import { AuthError } from './errors.ts';
import { isGrantable } from './intervals.ts';
import { Grants } from './grants.ts';
import { enabledWrite, parseRecord, revisionWrite, roleRemoval, roleWrite, userRemoval, userWrite, type Role, type User } from './records.ts';

/** The user and the role that may do everything. */
export const root = 'root';
/** Users and roles that may exist, each. */
const recordsMax = 10_000;
/** Grants of one role. */
const permissionsMax = 10_000;

/** What tokens must learn of a change; each member has its own. */
export interface TokenKeeper {
  /** The token of this digest, made at this index of the log, now stands for the user. */
  assign(digest: Uint8Array, index: number, user: string): void;
  /** The user's tokens are no longer good. */
  forget(user: string): void;
  clear(): void;
}

export interface AuthApplied {
  /** An error has changed nothing. */
  readonly error: AuthError | undefined;
  readonly writes: readonly Write[];
}

/**
 * Users, roles and their permissions: a part of the replicated state, changed by commands of the log only. Pure:
 * equal commands give equal states on all members. Its revision counts the changes that may alter what somebody may do.
 */
export class AuthMachine {
  readonly #users = new Map<string, User>();
  readonly #roles = new Map<string, Role>();
  readonly #grants: Grants;
  #enabled = false;
  #revision = 1;
  #writes: Write[] = [];
  #tokens: TokenKeeper = { assign: () => undefined, forget: () => undefined, clear: () => undefined };

  constructor() {
    this.#grants = new Grants(this.#users, this.#roles);
  }

  /** Who is told of tokens from now on. */
  setTokens(tokens: TokenKeeper): void {
    this.#tokens = tokens;
  }

  get enabled(): boolean {
    return this.#enabled;
  }

  get revision(): number {
    return this.#revision;
  }

  /** What each user may do. */
  get grants(): Grants {
    return this.#grants;
  }

  user(name: string): User | undefined {
    return this.#users.get(name);
  }

  role(name: string): Role | undefined {
    return this.#roles.get(name);
  }

  userNames(): string[] {
    return sortedByBytes(this.#users.keys());
  }

  roleNames(): string[] {
    return sortedByBytes(this.#roles.keys());
  }

  /** Puts back one stored record. */
  restore(key: Uint8Array, value: Uint8Array): void {
    const record = parseRecord(key, value);
    if (record.kind === 'user') this.#users.set(record.user.name, record.user);
    else if (record.kind === 'role') this.#roles.set(record.role.name, record.role);
    else if (record.kind === 'enabled') this.#enabled = record.enabled;
    else this.#revision = record.revision;
    this.#grants.clear();
  }

  /** Applies one command of the log at `index`. */
  apply(command: AuthCommand, index: number): AuthApplied {
    this.#writes = [];
    try {
      this.#change(command, index);
      return { error: undefined, writes: this.#writes };
    } catch (error) {
      if (error instanceof AuthError) return { error, writes: [] };
      throw error;
    }
  }

  #change({ change }: AuthCommand, index: number): void {
    switch (change?.$case) {
      case 'enable':
        return this.#enable();
      case 'disable':
        return this.#disable();
      case 'userAdd':
        return this.#addUser(change.value);
      case 'userDelete':
        return this.#deleteUser(change.value.name);
      case 'userChangePassword':
        return this.#changePassword(change.value);
      case 'userGrantRole':
        return this.#grantRole(change.value.user, change.value.role);
      case 'userRevokeRole':
        return this.#revokeRole(change.value.name, change.value.role);
      case 'roleAdd':
        return this.#addRole(change.value.name);
      case 'roleDelete':
        return this.#deleteRole(change.value.role);
      case 'roleGrantPermission':
        return this.#grantPermission(change.value);
      case 'roleRevokePermission':
        return this.#revokePermission(change.value);
      case 'assignToken':
        return this.#assignToken(change.value, index);
      case undefined:
        throw new Error('an entry of the log holds an empty change of users and roles');
    }
  }

  #enable(): void {
    if (this.#enabled) return;
    const user = this.#users.get(root);
    if (user === undefined) throw new AuthError('RootUserNotExist');
    if (!user.roles.includes(root)) throw new AuthError('RootRoleNotExist');
    this.#enabled = true;
    this.#writes.push(enabledWrite(true));
  }

  #disable(): void {
    if (!this.#enabled) return;
    this.#enabled = false;
    this.#writes.push(enabledWrite(false));
    this.#tokens.clear();
    this.#commit();
  }

  #addUser({ name, options, hashedPassword }: AuthUserAddRequest): void {
    if (name === '') throw new AuthError('UserEmpty');
    if (this.#users.has(name)) throw new AuthError('UserAlreadyExist');
    if (this.#users.size >= recordsMax) throw new AuthError('InvalidAuthMgmt');
    const noPassword = options?.noPassword === true;
    this.#putUser({ name, password: noPassword ? new Uint8Array(0) : Buffer.from(hashedPassword, 'base64'), roles: [], noPassword });
    this.#commit();
  }

  #deleteUser(name: string): void {
    if (this.#enabled && name === root) throw new AuthError('InvalidAuthMgmt');
    this.#requiredUser(name);
    this.#users.delete(name);
    this.#writes.push(userRemoval(name));
    this.#tokens.forget(name);
    this.#commit();
  }

  #changePassword({ name, hashedPassword }: AuthUserChangePasswordRequest): void {
    const user = this.#requiredUser(name);
    if (!user.noPassword) this.#putUser({ ...user, password: Buffer.from(hashedPassword, 'base64') });
    this.#tokens.forget(name);
    this.#commit();
  }

  #grantRole(name: string, role: string): void {
    const user = this.#requiredUser(name);
    // The root role may be granted before it is made.
    if (role !== root) this.#requiredRole(role);
    if (user.roles.includes(role)) return;
    this.#putUser({ ...user, roles: sortedByBytes([...user.roles, role]) });
    this.#commit();
  }

  #revokeRole(name: string, role: string): void {
    if (this.#enabled && name === root && role === root) throw new AuthError('InvalidAuthMgmt');
    const user = this.#requiredUser(name);
    if (!user.roles.includes(role)) throw new AuthError('RoleNotGranted');
    this.#putUser({ ...user, roles: user.roles.filter((each) => each !== role) });
    this.#commit();
  }

  #addRole(name: string): void {
    if (name === '') throw new AuthError('RoleEmpty');
    if (this.#roles.has(name)) throw new AuthError('RoleAlreadyExist');
    if (this.#roles.size >= recordsMax) throw new AuthError('InvalidAuthMgmt');
    this.#putRole({ name, permissions: [] });
    this.#commit();
  }

  #deleteRole(name: string): void {
    if (this.#enabled && name === root) throw new AuthError('InvalidAuthMgmt');
    this.#requiredRole(name);
    this.#roles.delete(name);
    this.#writes.push(roleRemoval(name));
    for (const user of this.#users.values()) {
      if (user.roles.includes(name)) this.#putUser({ ...user, roles: user.roles.filter((each) => each !== name) });
    }
    this.#commit();
  }

  #grantPermission({ name, perm }: AuthRoleGrantPermissionRequest): void {
    if (perm === undefined) throw new AuthError('PermissionNotGiven');
    if (perm.permType < 0 || perm.permType > 2 || !isGrantable(perm.key, perm.rangeEnd)) throw new AuthError('InvalidAuthMgmt');
    const role = this.#requiredRole(name);
    // Copies: the command's bytes are a view of a larger message.
    const granted = { permType: perm.permType, key: Uint8Array.from(perm.key), rangeEnd: Uint8Array.from(perm.rangeEnd) };
    const others = role.permissions.filter((each) => !isSame(each, perm));
    if (others.length >= permissionsMax) throw new AuthError('InvalidAuthMgmt');
    this.#putRole({ name, permissions: [...others, granted].sort((a, b) => Buffer.compare(a.key, b.key) || Buffer.compare(a.rangeEnd, b.rangeEnd)) });
    this.#commit();
  }

  #revokePermission(request: AuthRoleRevokePermissionRequest): void {
    const role = this.#requiredRole(request.role);
    const kept = role.permissions.filter((each) => !isSame(each, request));
    if (kept.length === role.permissions.length) throw new AuthError('PermissionNotGranted');
    this.#putRole({ name: role.name, permissions: kept });
    this.#commit();
  }

  /** The password was checked before this entry was proposed; it may have been changed since. */
  #assignToken({ user, digest, checkedRevision }: TokenAssignment, index: number): void {
    if (!this.#enabled) throw new AuthError('AuthNotEnabled');
    if (Number(checkedRevision) !== this.#revision) throw new AuthError('AuthOldRevision');
    if (this.#users.get(user) === undefined) throw new AuthError('AuthFailed');
    this.#tokens.assign(Uint8Array.from(digest), index, user);
  }

  #requiredUser(name: string): User {
    const user = this.#users.get(name);
    if (user === undefined) throw new AuthError('UserNotFound');
    return user;
  }

  #requiredRole(name: string): Role {
    const role = this.#roles.get(name);
    if (role === undefined) throw new AuthError('RoleNotFound');
    return role;
  }

  #putUser(user: User): void {
    this.#users.set(user.name, user);
    this.#writes.push(userWrite(user));
  }

  #putRole(role: Role): void {
    this.#roles.set(role.name, role);
    this.#writes.push(roleWrite(role));
  }

  #commit(): void {
    this.#revision++;
    this.#grants.clear();
    this.#writes.push(revisionWrite(this.#revision));
  }
}

function isSame(a: { readonly key: Uint8Array; readonly rangeEnd: Uint8Array }, b: { readonly key: Uint8Array; readonly rangeEnd: Uint8Array }): boolean {
  return Buffer.compare(a.key, b.key) === 0 && Buffer.compare(a.rangeEnd, b.rangeEnd) === 0;
}

function sortedByBytes(names: Iterable<string>): string[] {
  return [...names].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

import { Role as RoleMessage, User as UserMessage, type Permission } from '@rhythm/proto/etcd/auth';
import type { Write } from '@rhythm/mvcc';

/** Keys of this family on disk (docs/store.md): `a`, then `u` and a user's name, `r` and a role's, `e` whether it is on, `v` the revision. */
const tag = 0x61;
const userTag = 0x75;
const roleTag = 0x72;
const enabledKey = Uint8Array.of(tag, 0x65);
const revisionKey = Uint8Array.of(tag, 0x76);

/** First key of the family and the first key after it. */
export const authFamily = { start: Uint8Array.of(tag), end: Uint8Array.of(tag + 1) };

/** Where records are on disk: the prefixes of users and roles, which their names follow, and the two single ones. */
export const authPlaces = { user: Uint8Array.of(tag, userTag), role: Uint8Array.of(tag, roleTag), enabled: enabledKey, revision: revisionKey } as const;

/** A user. Roles are sorted by their bytes. */
export interface User {
  readonly name: string;
  /** The bcrypt hash as text; empty for a user that has none and cannot sign in with a password. */
  readonly password: Uint8Array;
  readonly roles: readonly string[];
  readonly noPassword: boolean;
}

/** A role. Permissions are sorted by key. */
export interface Role {
  readonly name: string;
  readonly permissions: readonly Permission[];
}

export type AuthRecord =
  | { readonly kind: 'user'; readonly user: User }
  | { readonly kind: 'role'; readonly role: Role }
  | { readonly kind: 'enabled'; readonly enabled: boolean }
  | { readonly kind: 'revision'; readonly revision: number };

/** The bytes are etcd's own messages (`authpb.User`, `authpb.Role`), so that a backup carries them over unchanged. */
export function userWrite(user: User): Write {
  const { name, password, roles, noPassword } = user;
  return { key: recordKey(userTag, name), value: UserMessage.encode({ name: Buffer.from(name), password, roles: [...roles], options: { noPassword } }).finish() };
}

export function userRemoval(name: string): Write {
  return { key: recordKey(userTag, name) };
}

export function roleWrite({ name, permissions }: Role): Write {
  return { key: recordKey(roleTag, name), value: RoleMessage.encode({ name: Buffer.from(name), keyPermission: [...permissions] }).finish() };
}

export function roleRemoval(name: string): Write {
  return { key: recordKey(roleTag, name) };
}

export function enabledWrite(enabled: boolean): Write {
  return { key: enabledKey, value: Uint8Array.of(enabled ? 1 : 0) };
}

export function revisionWrite(revision: number): Write {
  const value = Buffer.alloc(8);
  value.writeBigUInt64BE(BigInt(revision));
  return { key: revisionKey, value };
}

/** Throws for bytes that are none of the family's. */
export function parseRecord(key: Uint8Array, value: Uint8Array): AuthRecord {
  switch (key[0] === tag ? key[1] : undefined) {
    case userTag: {
      const { name, password, roles, options } = UserMessage.decode(value);
      return { kind: 'user', user: { name: Buffer.from(name).toString(), password: Uint8Array.from(password), roles, noPassword: options?.noPassword === true } };
    }
    case roleTag: {
      const { name, keyPermission } = RoleMessage.decode(Uint8Array.from(value));
      return { kind: 'role', role: { name: Buffer.from(name).toString(), permissions: keyPermission } };
    }
    case 0x65:
      return { kind: 'enabled', enabled: value[0] === 1 };
    case 0x76:
      return { kind: 'revision', revision: Number(new DataView(value.buffer, value.byteOffset, value.byteLength).getBigUint64(0)) };
    default:
      throw new Error(`the state holds an unknown record of users and roles: ${Buffer.from(key).toString('hex')}`);
  }
}

function recordKey(kind: number, name: string): Uint8Array {
  return Buffer.concat([Uint8Array.of(tag, kind), Buffer.from(name)]);
}

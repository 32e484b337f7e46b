import { keyBytes, type DeleteRangeRequest, type Leases, type PutRequest, type TxnRequest } from '@rhythm/mvcc';
import type { Caller } from '@rhythm/proto/store';
import type { StoreCommand } from '../host/machine.ts';
import { AuthError } from './errors.ts';
import type { Access } from './grants.ts';
import { root, type AuthMachine } from './machine.ts';

/** The store itself, which may do everything: it ends leases whose time is over. */
export const internalCaller: Caller = { user: '', authRevision: 0n, internal: true };

const noEnd = new Uint8Array(0);

/**
 * What a caller may do. Checked where a request meets the state: when a command is applied, in the same turn in which a
 * read is planned; so a permission that was taken back before is never used. Every method throws `AuthError`; none does
 * while authentication is off.
 */
export class AccessRules {
  readonly #machine: AuthMachine;
  readonly #leases: Leases;

  constructor(machine: AuthMachine, leases: Leases) {
    this.#machine = machine;
    this.#leases = leases;
  }

  /** Somebody who is known, whoever it is. */
  authenticated(caller: Caller | undefined): void {
    if (this.#machine.enabled && caller === undefined) throw new AuthError('UserEmpty');
  }

  admin(caller: Caller | undefined): void {
    if (!this.#machine.enabled) return;
    if (caller?.internal === true) return;
    if (caller === undefined || caller.user === '') throw new AuthError('UserEmpty');
    const user = this.#machine.user(caller.user);
    if (user === undefined) throw new AuthError('UserNotFound');
    if (!user.roles.includes(root)) throw new AuthError('PermissionDenied');
  }

  isAdmin(caller: Caller | undefined): boolean {
    try {
      this.admin(caller);
      return true;
    } catch (error) {
      if (error instanceof AuthError) return false;
      throw error;
    }
  }

  range(caller: Caller | undefined, { key, rangeEnd }: { readonly key: Uint8Array; readonly rangeEnd: Uint8Array }): void {
    this.#keys(caller, 'read', key, rangeEnd);
  }

  /** Both sides of a transaction count, however deep: which one runs depends on values that the caller may not read. */
  txn(caller: Caller | undefined, request: TxnRequest): void {
    if (!this.#machine.enabled) return;
    for (const { key, rangeEnd } of request.compare) this.#keys(caller, 'read', key, rangeEnd);
    for (const { request: op } of [...request.success, ...request.failure]) {
      if (op?.$case === 'requestRange') this.range(caller, op.value);
      else if (op?.$case === 'requestPut') this.#put(caller, op.value);
      else if (op?.$case === 'requestDeleteRange') this.#deleteRange(caller, op.value);
      else if (op?.$case === 'requestTxn') this.txn(caller, op.value);
    }
  }

  /** Revoking a lease, renewing it, or hanging a key on it needs write access to all its keys: its end deletes them. */
  leaseWrite(caller: Caller | undefined, id: bigint): void {
    this.#leaseKeys(caller, 'write', id);
  }

  /** Learning a lease's keys needs read access to them. */
  leaseRead(caller: Caller | undefined, id: bigint): void {
    this.#leaseKeys(caller, 'read', id);
  }

  /** A user may look at itself. */
  userGet(caller: Caller | undefined, name: string): void {
    if (caller?.user !== name || name === '') this.admin(caller);
  }

  /** A user may look at the roles it has. */
  roleGet(caller: Caller | undefined, name: string): void {
    const own = caller === undefined ? undefined : this.#machine.user(caller.user);
    if (own?.roles.includes(name) !== true) this.admin(caller);
  }

  /** A command of the log, when it is applied. */
  command(caller: Caller | undefined, command: StoreCommand): void {
    if (!this.#machine.enabled) return;
    switch (command.$case) {
      case 'put':
        return this.#put(caller, command.value);
      case 'deleteRange':
        return this.#deleteRange(caller, command.value);
      case 'txn':
        return this.txn(caller, command.value);
      case 'compaction':
        return this.admin(caller);
      case 'leaseGrant':
        return this.authenticated(caller);
      case 'leaseRevoke':
        this.authenticated(caller);
        return this.leaseWrite(caller, command.value.ID);
      case 'auth':
        // A token was earned with a password.
        return command.value.change?.$case === 'assignToken' ? undefined : this.admin(caller);
      default:
        // Members and maintenance: who may ask for those was checked where they asked (`guards.ts`).
    }
  }

  #put(caller: Caller | undefined, { key, lease, prevKv }: PutRequest): void {
    this.#keys(caller, 'write', key, noEnd);
    if (lease !== 0n) this.leaseWrite(caller, lease);
    if (prevKv) this.#keys(caller, 'read', key, noEnd);
  }

  #deleteRange(caller: Caller | undefined, { key, rangeEnd, prevKv }: DeleteRangeRequest): void {
    this.#keys(caller, 'write', key, rangeEnd);
    if (prevKv) this.#keys(caller, 'read', key, rangeEnd);
  }

  #leaseKeys(caller: Caller | undefined, access: Access, id: bigint): void {
    if (!this.#machine.enabled || this.isAdmin(caller)) return;
    this.authenticated(caller);
    for (const key of this.#leases.get(id)?.keys ?? []) this.#keys(caller, access, keyBytes(key), noEnd);
  }

  #keys(caller: Caller | undefined, access: Access, key: Uint8Array, rangeEnd: Uint8Array): void {
    if (!this.#machine.enabled) return;
    if (caller?.internal === true) return;
    if (caller === undefined || caller.authRevision === 0n) throw new AuthError('UserEmpty');
    if (caller.authRevision < BigInt(this.#machine.revision)) throw new AuthError('AuthOldRevision');
    const user = this.#machine.user(caller.user);
    if (user === undefined) throw new AuthError('PermissionDenied');
    if (user.roles.includes(root)) return;
    if (!this.#machine.grants.permits(caller.user, access, key, rangeEnd)) throw new AuthError('PermissionDenied');
  }
}

import { keyRange } from '@rhythm/mvcc';
import { KeyIntervals } from './intervals.ts';
import type { Role, User } from './records.ts';

export type Access = 'read' | 'write';

/** The permissions of all of a user's roles, merged; made when first asked for and forgotten at every change. */
export class Grants {
  readonly #users: ReadonlyMap<string, User>;
  readonly #roles: ReadonlyMap<string, Role>;
  readonly #merged = new Map<string, Readonly<Record<Access, KeyIntervals>>>();

  constructor(users: ReadonlyMap<string, User>, roles: ReadonlyMap<string, Role>) {
    this.#users = users;
    this.#roles = roles;
  }

  clear(): void {
    this.#merged.clear();
  }

  /** May the user read or write every key of the range? The root role is not asked for here. */
  permits(user: string, access: Access, key: Uint8Array, rangeEnd: Uint8Array): boolean {
    let merged = this.#merged.get(user);
    if (merged === undefined) {
      merged = { read: this.#merge(user, 0), write: this.#merge(user, 1) };
      this.#merged.set(user, merged);
    }
    return merged[access].contains(keyRange(key, rangeEnd));
  }

  /** `type`: 0 read, 1 write; grants of 2 are both. */
  #merge(user: string, type: 0 | 1): KeyIntervals {
    const roles = (this.#users.get(user)?.roles ?? []).map((name) => this.#roles.get(name));
    const permissions = roles.flatMap((role) => role?.permissions ?? []).filter(({ permType }) => permType === type || permType === 2);
    return new KeyIntervals(permissions.map(({ key, rangeEnd }) => keyRange(key, rangeEnd)));
  }
}

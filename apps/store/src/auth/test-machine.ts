import type { AuthCommand } from '@rhythm/proto/store';
import { AuthMachine } from './machine.ts';

export type AuthChange = NonNullable<AuthCommand['change']>;

export const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1');

/** A machine with what its changes wrote, for tests. */
export class TestMachine {
  readonly machine = new AuthMachine();
  readonly disk = new Map<string, Uint8Array>();
  #index = 0;

  /** Applies a change; gives the name of its error, or undefined. */
  do(change: AuthChange): string | undefined {
    const { error, writes } = this.machine.apply({ change }, ++this.#index);
    for (const { key, value } of writes) {
      const name = Buffer.from(key).toString('latin1');
      if (value === undefined) this.disk.delete(name);
      else this.disk.set(name, value);
    }
    return error?.kind;
  }

  addUser(name: string, ...roles: string[]): void {
    this.do({ $case: 'userAdd', value: { name, password: '', options: undefined, hashedPassword: Buffer.from(`hash of ${name}`).toString('base64') } });
    for (const role of roles) this.do({ $case: 'userGrantRole', value: { user: name, role } });
  }

  addRole(name: string, ...grants: ReadonlyArray<readonly [0 | 1 | 2, string, string?]>): void {
    this.do({ $case: 'roleAdd', value: { name } });
    for (const [permType, key, end = ''] of grants) this.do({ $case: 'roleGrantPermission', value: { name, perm: { permType, key: bytes(key), rangeEnd: bytes(end) } } });
  }

  /** With the user root, and on. */
  enable(): void {
    this.addUser('root', 'root');
    this.do({ $case: 'enable', value: {} });
  }
}

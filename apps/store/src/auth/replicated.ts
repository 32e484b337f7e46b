import type { KeyValueSpace } from '@rhythm/disk';
import type { Leases } from '@rhythm/mvcc';
import type { ApplyContext, Machine, Outcome, Refusal, StoreCommand } from '../host/machine.ts';
import { AccessRules } from './access.ts';
import { AuthError } from './errors.ts';
import { AuthMachine, type TokenKeeper } from './machine.ts';
import { authFamily } from './records.ts';

/** Users and roles as a part of the store's state: it also refuses the commands of other parts that their caller may not run. */
export class ReplicatedAuth implements Machine {
  readonly commands = ['auth'] as const;
  readonly machine = new AuthMachine();
  readonly access: AccessRules;
  readonly #tokens: TokenKeeper | undefined;

  constructor(leases: Leases, tokens: TokenKeeper | undefined) {
    this.access = new AccessRules(this.machine, leases);
    this.#tokens = tokens;
    if (tokens !== undefined) this.machine.setTokens(tokens);
  }

  refuses(command: StoreCommand, { caller }: ApplyContext): Refusal | undefined {
    if (!this.machine.enabled) return undefined;
    try {
      this.access.command(caller, command);
      return undefined;
    } catch (error) {
      if (error instanceof AuthError) return error;
      throw error;
    }
  }

  apply(command: StoreCommand, { at, revision }: ApplyContext): Outcome {
    const { error, writes } = this.machine.apply((command as Extract<StoreCommand, { $case: 'auth' }>).value, at.index);
    return { reply: error ?? { $case: 'auth', revision, index: at.index }, writes };
  }

  async restore(space: KeyValueSpace): Promise<void> {
    // Changes that were not seen one by one may have taken users' tokens away.
    this.#tokens?.clear();
    for await (const slice of space.entries(authFamily.start, authFamily.end)) {
      for (const [key, value] of slice) this.machine.restore(key, value);
    }
  }
}

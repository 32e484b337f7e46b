import type { AccessRules } from '../auth/access.ts';
import type { Credentials, Gate } from '../auth/gate.ts';
import type { AuthMachine } from '../auth/machine.ts';
import type { Caller } from '@rhythm/proto/store';
import type { StoreCommand } from '../host/machine.ts';
import type { GroupOperations } from '../members/operations.ts';
import type { Host } from '../host/host.ts';
import type { ReplyTo } from '../host/proposer.ts';
import type { Backend, Identity } from './header.ts';

/** The member as its services see it. Users and roles are read through it anew each time: the state may have been replaced. */
export class StoreBackend implements Backend {
  readonly host: Host;
  readonly identity: Identity;
  readonly group: GroupOperations;
  readonly gate: Gate;
  readonly quotaBytes: number | undefined;

  constructor(parts: Pick<Backend, 'host' | 'identity' | 'group' | 'gate' | 'quotaBytes'>) {
    this.host = parts.host;
    this.identity = parts.identity;
    this.group = parts.group;
    this.gate = parts.gate;
    this.quotaBytes = parts.quotaBytes;
  }

  get auth(): AuthMachine {
    return this.host.state.auth.machine;
  }

  get access(): AccessRules {
    return this.host.state.auth.access;
  }

  caller(who: Credentials): Promise<Caller | undefined> {
    return this.gate.caller(who);
  }

  propose<C extends StoreCommand>(command: C, who: Credentials): Promise<ReplyTo<C>> {
    return this.auth.enabled ? this.gate.caller(who).then((caller) => this.host.propose(command, caller)) : this.host.propose(command);
  }
}

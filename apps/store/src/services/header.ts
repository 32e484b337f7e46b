import type { ResponseHeader } from '@rhythm/proto/etcd';
import type { Caller } from '@rhythm/proto/store';
import type { AccessRules } from '../auth/access.ts';
import type { Credentials, Gate } from '../auth/gate.ts';
import type { AuthMachine } from '../auth/machine.ts';
import type { Host } from '../host/host.ts';
import type { ReplyTo } from '../host/proposer.ts';
import type { StoreCommand } from '../host/machine.ts';
import type { GroupOperations } from '../members/operations.ts';

/** Who this member is; written once into its data directory. */
export interface Identity {
  readonly name: string;
  readonly clusterId: bigint;
  readonly memberId: bigint;
}

/** What all services work on. */
export interface Backend {
  readonly host: Host;
  readonly identity: Identity;
  /** What the leader does on behalf of any member. */
  readonly group: GroupOperations;
  /** Users and roles as they are now. */
  readonly auth: AuthMachine;
  /** What callers may do now. */
  readonly access: AccessRules;
  readonly gate: Gate;
  /** See `Gate.caller`. */
  caller(who: Credentials): Promise<Caller | undefined>;
  /** `Host.propose` in somebody's name. */
  propose<C extends StoreCommand>(command: C, who: Credentials): Promise<ReplyTo<C>>;
  /** Bytes of live keys and values that are taken in; undefined: without limit. */
  readonly quotaBytes: number | undefined;
}

export function header(backend: Pick<Backend, 'host' | 'identity'>, revision: number): ResponseHeader {
  return {
    clusterId: backend.identity.clusterId,
    memberId: backend.identity.memberId,
    revision: BigInt(revision),
    raftTerm: BigInt(backend.host.term),
  };
}

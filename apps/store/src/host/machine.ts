import type { KeyValueSpace } from '@rhythm/disk';
import type { Reader, Reply, StoredEvent, Write } from '@rhythm/mvcc';
import type { AlarmMember } from '@rhythm/proto/etcd';
import type { Caller, Command } from '@rhythm/proto/store';
import type { LogStart } from '@rhythm/raft';
import type { EtcdErrorKind } from '../services/errors.ts';

/** What goes through the log, whoever it is for. */
export type StoreCommand = NonNullable<Command['command']>;
export type CommandKind = StoreCommand['$case'];

/** What a command answers. A part of the state that answers something of its own adds it here. */
export type StoreReply =
  | Reply
  | { readonly $case: 'member'; readonly revision: number }
  /** `index`: of the entry, which is a part of the token that it made known. */
  | { readonly $case: 'auth'; readonly revision: number; readonly index: number }
  | { readonly $case: 'alarm'; readonly revision: number; readonly alarms: readonly AlarmMember[] };

/** Why a command was not carried out: the same on every member. */
export interface Refusal extends Error {
  readonly kind: EtcdErrorKind;
}

/** What became of a command. A refused one has changed nothing. */
export interface Outcome {
  readonly reply: StoreReply | Refusal;
  /** To be stored together with the applied index, in one atomic batch. */
  readonly writes: readonly Write[];
  /** All of one revision. */
  readonly events?: readonly StoredEvent[];
}

/** What a command is applied in. */
export interface ApplyContext {
  /** The state with everything before this command. */
  readonly reader: Reader;
  /** Where the command stands in the log. */
  readonly at: LogStart;
  /** The newest revision of the key space. */
  readonly revision: number;
  /** Who asked; undefined while authentication is off. */
  readonly caller: Caller | undefined;
}

/**
 * One part of the replicated state. Deterministic: the same commands in the same order give the same state on every
 * member; it knows no time and no randomness but what a command carries.
 */
export interface Machine {
  /** The commands that are this part's. */
  readonly commands: readonly CommandKind[];
  /** Asked before any command of any part is applied: a reason to refuse it (no space, no permission). */
  refuses?(command: StoreCommand, context: ApplyContext): Refusal | undefined;
  apply(command: StoreCommand, context: ApplyContext): Outcome;
  /** Takes in what is stored; once, before the first command. */
  restore(space: KeyValueSpace): Promise<void>;
}

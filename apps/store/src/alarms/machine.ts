import type { KeyValueSpace } from '@rhythm/disk';
import { metaKey, prefixEnd } from '@rhythm/mvcc';
import { AlarmMember } from '@rhythm/proto/etcd';
import type { ApplyContext, Machine, Outcome, Refusal, StoreCommand } from '../host/machine.ts';
import { takesSpace } from './cost.ts';

/** Kinds of alarm, as etcd numbers them. */
export const alarmTypes = { none: 0, noSpace: 1, corrupt: 2 } as const;
export type AlarmType = AlarmMember['alarm'];

/** Members and kinds are few; what a caller may fill the state with is bounded nevertheless. */
const alarmsMax = 1000;
/** Keys of this family: the prefix, the kind, a colon and the member in hexadecimal. Values are etcd's own message. */
export const alarmPrefix = metaKey('alarm:');

/** What goes through the log while the state may not be trusted: nothing that reads it in order to change it. */
const refusedWhenCorrupt: ReadonlySet<StoreCommand['$case']> = new Set(['put', 'deleteRange', 'txn', 'compaction', 'leaseGrant', 'leaseRevoke']);

/** A command refused because of an alarm. */
export class AlarmError extends Error implements Refusal {
  override readonly name = 'AlarmError';
  readonly kind: 'NoSpace' | 'Corrupt';

  constructor(kind: 'NoSpace' | 'Corrupt', message: string) {
    super(message);
    this.kind = kind;
  }
}

/** The alarms that members have raised. They stand until somebody takes them away. */
export class AlarmMachine implements Machine {
  readonly commands = ['alarm'] as const;
  readonly #alarms = new Map<string, AlarmMember>();

  /** Those of one kind, or of all (`none`). */
  list(type: AlarmType = alarmTypes.none): AlarmMember[] {
    return [...this.#alarms.values()].filter(({ alarm }) => type === alarmTypes.none || alarm === type);
  }

  has(type: AlarmType, memberId: bigint): boolean {
    return this.#alarms.has(nameOf({ memberID: memberId, alarm: type }));
  }

  refuses(command: StoreCommand): Refusal | undefined {
    if (this.#alarms.size === 0) return undefined;
    if (refusedWhenCorrupt.has(command.$case) && this.list(alarmTypes.corrupt).length > 0) return new AlarmError('Corrupt', 'a member has found that its state differs from that of others');
    return this.list(alarmTypes.noSpace).length > 0 && takesSpace(command) ? new AlarmError('NoSpace', 'a member has reached its quota') : undefined;
  }

  apply(command: StoreCommand, { revision }: ApplyContext): Outcome {
    const { action, memberID, alarm } = (command as Extract<StoreCommand, { $case: 'alarm' }>).value;
    const member: AlarmMember = { memberID, alarm };
    const reply = (alarms: AlarmMember[], writes: Outcome['writes']): Outcome => ({ reply: { $case: 'alarm', revision, alarms }, writes });
    switch (action) {
      case 1:
        if (!isAlarm(member) || (!this.#alarms.has(nameOf(member)) && this.#alarms.size >= alarmsMax)) return reply([], []);
        this.#alarms.set(nameOf(member), member);
        return reply([member], [{ key: keyOf(member), value: AlarmMember.encode(member).finish() }]);
      case 2:
        return this.#alarms.delete(nameOf(member)) ? reply([member], [{ key: keyOf(member) }]) : reply([], []);
      default:
        return reply(this.list(alarm), []);
    }
  }

  async restore(space: KeyValueSpace): Promise<void> {
    const end = prefixEnd(alarmPrefix);
    if (end === undefined) return;
    for await (const slice of space.entries(alarmPrefix, end)) {
      for (const [, value] of slice) {
        const member = AlarmMember.decode(value);
        this.#alarms.set(nameOf(member), member);
      }
    }
  }
}

function isAlarm({ alarm }: AlarmMember): boolean {
  return alarm === alarmTypes.noSpace || alarm === alarmTypes.corrupt;
}

function nameOf({ memberID, alarm }: AlarmMember): string {
  return `${alarm}:${memberID.toString(16)}`;
}

function keyOf(member: AlarmMember): Uint8Array {
  return Buffer.concat([alarmPrefix, Buffer.from(nameOf(member))]);
}

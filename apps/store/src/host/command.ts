import { assert } from '@rhythm/base';
import { Command as CommandMessage, type Caller } from '@rhythm/proto/store';
import type { StoreCommand } from './machine.ts';

/** A command, and who asked for it: nobody while authentication is off. */
export interface Proposal {
  readonly command: StoreCommand;
  readonly caller: Caller | undefined;
}

/** Finds a caller again: `origin` is of one life of one member, `id` counts in it. */
export interface Ticket {
  readonly origin: bigint;
  readonly id: number;
}

const idTag = 0x08;
/** Field 19, 8 bytes: 19 * 8 + 1, as a varint. */
const originTag = [0x99, 0x01] as const;
const originBytes = 8;

/** A command as it goes through the log. The ticket comes first, so that `ticketOf` finds it without decoding the rest. */
export function encodeCommand({ origin, id }: Ticket, { command, caller }: Proposal): Uint8Array {
  const body = CommandMessage.encode({ id: 0n, origin: 0n, command, caller }).finish();
  const head = [idTag, ...varint(id), ...originTag];
  const bytes = Buffer.allocUnsafe(head.length + originBytes + body.length);
  bytes.set(head);
  bytes.writeBigUInt64LE(origin, head.length);
  bytes.set(body, head.length + originBytes);
  return bytes;
}

export function decodeCommand(data: Uint8Array): Proposal {
  const { command, caller } = CommandMessage.decode(data);
  assert(command !== undefined, 'an entry of the log holds a command');
  return { command, caller };
}

/** The ticket's id if the entry was proposed in the life `origin`; -1 otherwise. */
export function ticketOf(data: Uint8Array, origin: Uint8Array): number {
  if (data[0] !== idTag) return -1;
  let id = 0;
  let scale = 1;
  let at = 1;
  for (; ; at++) {
    const byte = data[at];
    if (byte === undefined || at > 9) return -1;
    id += (byte & 0x7f) * scale;
    scale *= 0x80;
    if (byte < 0x80) break;
  }
  if (data[at + 1] !== originTag[0] || data[at + 2] !== originTag[1]) return -1;
  for (let offset = 0; offset < originBytes; offset++) if (data[at + 3 + offset] !== origin[offset]) return -1;
  return id;
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  bytes.push(rest);
  return bytes;
}

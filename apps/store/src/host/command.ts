import { assert } from '@rhythm/base';
import { encodeMessage } from '@rhythm/proto/encode';
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
/** Field 19, 8 bytes. */
const originField = 19 * 8 + 1;
/** The same as a varint. */
const originTag = [0x99, 0x01] as const;
const originBytes = 8;

/** A command as it goes through the log. The ticket comes first, so that `ticketOf` finds it without decoding the rest. */
export function encodeCommand({ origin, id }: Ticket, { command, caller }: Proposal): Uint8Array {
  return encodeMessage((writer) => {
    writer.uint32(idTag).uint64(id).uint32(originField).fixed64(origin);
    CommandMessage.encode({ id: 0n, origin: 0n, command, caller }, writer);
  });
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

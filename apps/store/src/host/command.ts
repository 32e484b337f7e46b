import { assert } from '@rhythm/base';
import type { Command } from '@rhythm/mvcc';
import { Command as CommandMessage } from '@rhythm/proto/store';

/** A command as it goes through the log, with the id by which its caller is found again. */
export function encodeCommand(id: number, command: Command): Uint8Array {
  return CommandMessage.encode({ id: BigInt(id), command: command as CommandMessage['command'], caller: undefined }).finish();
}

export function decodeCommand(data: Uint8Array): Command {
  const { command } = CommandMessage.decode(data);
  assert(command !== undefined && command.$case !== 'auth', 'an entry of the log holds a command');
  return command;
}

/** The id of an encoded command without decoding the rest: field 1, a varint, comes first. -1 when there is none. */
export function commandId(data: Uint8Array): number {
  if (data[0] !== 0x08) return -1;
  let value = 0;
  let scale = 1;
  for (let at = 1; at < 10; at++) {
    const byte = data[at] ?? 0;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return value;
    scale *= 0x80;
  }
  return -1;
}

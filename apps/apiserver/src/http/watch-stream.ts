import type { RenderedEvent } from '../pipeline/types.ts';

const heads: Readonly<Record<RenderedEvent['type'], Buffer>> = {
  ADDED: Buffer.from('{"type":"ADDED","object":'),
  MODIFIED: Buffer.from('{"type":"MODIFIED","object":'),
  DELETED: Buffer.from('{"type":"DELETED","object":'),
  BOOKMARK: Buffer.from('{"type":"BOOKMARK","object":'),
  ERROR: Buffer.from('{"type":"ERROR","object":'),
};
const tail = Buffer.from('}\n');

/** A batch of events as they stand on an HTTP watch: one JSON object per line. */
export function jsonFrames(events: readonly RenderedEvent[]): Buffer {
  return Buffer.concat(events.flatMap((event) => [heads[event.type], event.object, tail]));
}

/**
 * The same in protobuf: each a 4-byte big-endian length and a bare meta.v1 WatchEvent
 * { type = 1, object = 2: RawExtension { raw = 1 } }.
 */
export function protobufFrames(events: readonly RenderedEvent[]): Buffer {
  return Buffer.concat(
    events.map((event) => {
      const type = field(1, Buffer.from(event.type));
      const object = field(2, field(1, event.object));
      const length = Buffer.alloc(4);
      length.writeUInt32BE(type.length + object.length);
      return Buffer.concat([length, type, object]);
    }),
  );
}

function field(number: number, content: Uint8Array): Buffer {
  const head = [(number << 3) | 2];
  for (let rest = content.length; ; rest >>>= 7) {
    head.push(rest > 0x7f ? (rest & 0x7f) | 0x80 : rest);
    if (rest <= 0x7f) break;
  }
  return Buffer.concat([Buffer.from(head), content]);
}

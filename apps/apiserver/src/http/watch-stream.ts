import type { RenderedEvent } from '../pipeline/types.ts';
import { protobufField } from '../render/protobuf-field.ts';

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
      const type = protobufField(1, Buffer.from(event.type));
      const object = protobufField(2, protobufField(1, event.object));
      const length = Buffer.alloc(4);
      length.writeUInt32BE(type.length + object.length);
      return Buffer.concat([length, type, object]);
    }),
  );
}

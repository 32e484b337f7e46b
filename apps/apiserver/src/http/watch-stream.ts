import { SharedPiece } from '@rhythm/http';
import type { RenderedEvent } from '../ports/types.ts';
import { protobufField } from '../render/protobuf-field.ts';

const heads: Readonly<Record<RenderedEvent['type'], Buffer>> = {
  ADDED: Buffer.from('{"type":"ADDED","object":'),
  MODIFIED: Buffer.from('{"type":"MODIFIED","object":'),
  DELETED: Buffer.from('{"type":"DELETED","object":'),
  BOOKMARK: Buffer.from('{"type":"BOOKMARK","object":'),
  ERROR: Buffer.from('{"type":"ERROR","object":'),
};
const tail = Buffer.from('}');
const lineTail = Buffer.from('}\n');

/** Batches of events as they stand on HTTP watches: those that several watches are told are made once. */
export class WatchFrames {
  readonly #made: (events: readonly RenderedEvent[]) => readonly Uint8Array[];
  readonly #known = new WeakMap<readonly RenderedEvent[], SharedPiece>();

  constructor(made: (events: readonly RenderedEvent[]) => readonly Uint8Array[]) {
    this.#made = made;
  }

  of(batch: readonly RenderedEvent[]): SharedPiece {
    let piece = this.#known.get(batch);
    if (piece === undefined) this.#known.set(batch, (piece = new SharedPiece(this.#made(batch))));
    return piece;
  }
}

/** One JSON object per line. */
export function jsonFrames(events: readonly RenderedEvent[]): readonly Uint8Array[] {
  return events.flatMap((event) => [heads[event.type], event.object, lineTail]);
}

/** One event by itself. */
export function jsonFrame(event: RenderedEvent): Buffer {
  return Buffer.concat([heads[event.type], event.object, tail]);
}

/** The events in protobuf, each behind its length, 4 bytes big-endian. */
export function protobufFrames(events: readonly RenderedEvent[]): readonly Uint8Array[] {
  return events.flatMap((event) => {
    const frame = protobufFrame(event);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(frame.length);
    return [length, frame];
  });
}

/** One event by itself: a bare meta.v1 WatchEvent { type = 1, object = 2: RawExtension { raw = 1 } }. */
export function protobufFrame(event: RenderedEvent): Buffer {
  return Buffer.concat([protobufField(1, Buffer.from(event.type)), protobufField(2, protobufField(1, event.object))]);
}

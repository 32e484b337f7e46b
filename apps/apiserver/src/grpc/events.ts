import { piecesOf, sessionLimits } from '@rhythm/grpc';
import { WatchEvent_Type, type ServerFrame, type WatchEvent } from '@rhythm/proto/api';
import type { RenderedEvent } from '../ports/types.ts';

const types = {
  ADDED: WatchEvent_Type.TYPE_ADDED,
  MODIFIED: WatchEvent_Type.TYPE_MODIFIED,
  DELETED: WatchEvent_Type.TYPE_DELETED,
  BOOKMARK: WatchEvent_Type.TYPE_BOOKMARK,
  ERROR: WatchEvent_Type.TYPE_ERROR,
} as const;

/** Warnings are told with the first frame only. */
const none: string[] = [];

export function watchEvent(event: RenderedEvent): WatchEvent {
  return { type: types[event.type], object: event.object };
}

/** The frames of a batch: as many events in each as fit, and an object that does not fit in one in several. */
export function* eventFrames(id: bigint, batch: readonly RenderedEvent[]): Generator<{ readonly frame: ServerFrame; readonly bytes: number }> {
  let events: WatchEvent[] = [];
  let bytes = 0;
  const frameOf = (more: boolean): { frame: ServerFrame; bytes: number } => {
    const made = { frame: { id, frame: { $case: 'events' as const, value: { events, warnings: none } }, more }, bytes };
    events = [];
    bytes = 0;
    return made;
  };
  for (const event of batch) {
    if (events.length > 0 && bytes + event.object.length > sessionLimits.frameBytesMax) yield frameOf(false);
    for (const { piece, more } of piecesOf(event.object, sessionLimits.frameBytesMax)) {
      events.push({ type: types[event.type], object: piece });
      bytes += piece.length;
      if (more) yield frameOf(true);
    }
  }
  if (events.length > 0) yield frameOf(false);
}

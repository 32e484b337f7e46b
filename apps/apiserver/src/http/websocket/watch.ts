import type { HttpUpgrade } from '@rhythm/http';
import type { ResourceWatch } from '../../ports/types.ts';
import { upgradeWish } from '../../streams/index.ts';
import { jsonFrame, protobufFrame } from '../watch-stream.ts';
import { openOneWay, type SocketPorts } from './connection.ts';

/**
 * A watch with one event in each message: text for JSON, binary for protobuf (without the lengths that a chunked watch needs).
 * Of the sub-protocols that a client offers the first is taken, whatever it says: there is one form only.
 */
export async function serveWebsocketWatch(watch: ResourceWatch, upgrade: HttpUpgrade, { clock, log }: SocketPorts): Promise<void> {
  const isBinary = watch.contentType.includes('protobuf');
  const socket = await openOneWay(upgrade, upgradeWish(upgrade)?.protocols[0], clock);
  await socket.serve(log, async () => {
    for await (const batch of watch) {
      if (socket.signal.aborted) return;
      await socket.send(batch.map(isBinary ? protobufFrame : jsonFrame), isBinary);
    }
  });
}

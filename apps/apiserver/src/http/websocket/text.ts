import { ApiError } from '@rhythm/api';
import type { HttpUpgrade } from '@rhythm/http';
import { chooseProtocol, upgradeWish } from '../../streams/index.ts';
import { openOneWay, type SocketPorts } from './connection.ts';

const protocols = ['binary.k8s.io', 'base64.binary.k8s.io'] as const;

/** The sub-protocol for a stream of bytes; without one they are binary messages. @throws ApiError Forbidden for others. */
export function textProtocol(upgrade: HttpUpgrade): (typeof protocols)[number] | undefined {
  const wished = upgradeWish(upgrade)?.protocols ?? [];
  const chosen = chooseProtocol(wished, protocols);
  if (chosen === undefined && wished.length > 0) throw new ApiError('Forbidden', `unable to upgrade: none of the protocols [${wished.join(' ')}] is spoken here, only [${protocols.join(' ')}]`);
  return chosen;
}

/** A reply in pieces (a log) as messages, after an empty one which says that it has begun. Rejects with `ApiError` while nothing was answered. */
export async function serveWebsocketText(body: Uint8Array | AsyncIterable<Uint8Array>, upgrade: HttpUpgrade, { clock, log }: SocketPorts): Promise<void> {
  const protocol = textProtocol(upgrade);
  const isBase64 = protocol === 'base64.binary.k8s.io';
  const socket = await openOneWay(upgrade, protocol, clock);
  const send = (piece: Uint8Array): Promise<void> => socket.send([isBase64 ? Buffer.from(Buffer.from(piece).toString('base64')) : Buffer.from(piece)], !isBase64);
  await socket.serve(log, async () => {
    await send(new Uint8Array());
    for await (const piece of body instanceof Uint8Array ? [body] : body) {
      if (socket.signal.aborted) return;
      await send(piece);
    }
  });
}

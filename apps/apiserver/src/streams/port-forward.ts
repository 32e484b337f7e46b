import { ApiError } from '@rhythm/api';
import { causeChain } from '@rhythm/base';
import type { Pod } from '@rhythm/api/types/core-v1';
import type { HttpUpgrade } from '@rhythm/http';
import { createWebSocketStream } from 'ws';
import type { UpgradeHandler } from '../pipeline/handlers.ts';
import { IdleTimer } from './idle-timer.ts';
import { streamLimits } from './limits.ts';
import { containerRef, nodeOf } from './pod-target.ts';
import { servePortForward } from './port-forward-session.ts';
import type { StreamPorts } from './ports.ts';
import { requireCreate } from './require-create.ts';
import { SpdySession } from './spdy/session.ts';
import { acceptSpdy, acceptWebSocket, chooseProtocol, refuseUpgrade, upgradeWish, type UpgradeWish } from './upgrade.ts';

const spdyProtocol = 'portforward.k8s.io';
/** SPDY inside a WebSocket, as kubectl does it since 1.31 (KEP-4006). */
const tunnelProtocol = 'SPDY/3.1+portforward.k8s.io';

/** `pods/portforward`: SPDY, by itself or inside a WebSocket, on the client's side; one gRPC stream per connection on the node's. */
export function portForwardHandler(ports: StreamPorts): UpgradeHandler {
  return {
    group: '',
    resource: 'pods',
    subresource: 'portforward',
    async upgrade(call, upgrade) {
      let session: SpdySession | undefined;
      let close = (): void => undefined;
      try {
        const wish = spokenWish(upgrade);
        await requireCreate(call, upgrade, ports.authorizer);
        const pod = await call.parent<Pod>();
        const connection = await ports.connect(await nodeOf(pod, ports.reader));
        close = () => connection.close();
        session = await open(wish, upgrade);
        const ref = containerRef(pod, '');
        const opened = session;
        const idle = new IdleTimer(ports.clock, streamLimits.idleMs, () => opened.destroy());
        await servePortForward(opened, connection, ref, ports, () => idle.touch()).finally(() => idle.stop());
        const timer = ports.clock.setTimer(streamLimits.closeMs, () => opened.destroy());
        await opened.closed;
        timer.cancel();
      } catch (error) {
        if (session === undefined) refuseUpgrade(upgrade.socket, error);
        else ports.log.info('port forward session ended early', { error: causeChain(error) });
      } finally {
        close();
        if (session !== undefined) upgrade.socket.destroy();
      }
    },
  };
}

/** @throws ApiError BadRequest, Forbidden. */
function spokenWish(upgrade: HttpUpgrade): UpgradeWish['kind'] {
  const wish = upgradeWish(upgrade);
  if (wish === undefined) throw new ApiError('BadRequest', 'Upgrade request required');
  const spoken = wish.kind === 'websocket' ? tunnelProtocol : spdyProtocol;
  if (chooseProtocol(wish.protocols, [spoken]) === undefined) {
    throw new ApiError('Forbidden', `unable to upgrade: none of the protocols [${wish.protocols.join(' ')}] is spoken here, only [${spoken}]`);
  }
  return wish.kind;
}

async function open(kind: UpgradeWish['kind'], upgrade: HttpUpgrade): Promise<SpdySession> {
  if (kind === 'spdy') {
    acceptSpdy(upgrade, spdyProtocol);
    return new SpdySession(upgrade.socket, upgrade.head);
  }
  const socket = await acceptWebSocket(upgrade, tunnelProtocol);
  return new SpdySession(createWebSocketStream(socket, { highWaterMark: streamLimits.sendBufferBytesMax }), new Uint8Array());
}

import { ApiError } from '@rhythm/api';
import { causeChain } from '@rhythm/base';
import type { Pod } from '@rhythm/api/types/core-v1';
import type { HttpUpgrade } from '@rhythm/http';
import { createWebSocketStream } from 'ws';
import type { ContainerRef } from '@rhythm/proto/node';
import type { UpgradeHandler } from '../ports/handlers.ts';
import { IdleTimer } from './idle-timer.ts';
import { streamLimits } from './limits.ts';
import type { NodeConnection } from './node-connector.ts';
import { containerRef, nodeOf } from './pod-target.ts';
import { servePortForward } from './port-forward-session.ts';
import type { StreamPorts } from './ports.ts';
import { channelForwardProtocols, portsOf, serveChannelForward } from './websocket-forward.ts';
import { requireCreate } from './require-create.ts';
import { SpdySession } from './spdy/session.ts';
import { acceptSpdy, acceptWebSocket, chooseProtocol, refuseUpgrade, upgradeWish, type UpgradeWish } from './upgrade.ts';

const spdyProtocol = 'portforward.k8s.io';
/** SPDY inside a WebSocket, as kubectl does it since 1.31 (KEP-4006). */
const tunnelProtocol = 'SPDY/3.1+portforward.k8s.io';
const websocketProtocols = [tunnelProtocol, ...channelForwardProtocols] as const;

/** `pods/portforward`: SPDY, by itself or inside a WebSocket, on the client's side; one gRPC stream per connection on the node's. */
export function portForwardHandler(ports: StreamPorts): UpgradeHandler {
  return {
    group: '',
    resource: 'pods',
    subresource: 'portforward',
    async upgrade(call, upgrade) {
      let connection: NodeConnection | undefined;
      let serve: (touch: () => void, signal: AbortSignal) => Promise<void>;
      try {
        const wish = spokenWish(upgrade);
        const forwarded = (channelForwardProtocols as readonly string[]).includes(wish.protocol) ? portsOf(upgrade.query) : [];
        await requireCreate(call, upgrade, ports.authorizer);
        await call.admit('CONNECT');
        const pod = await call.parent<Pod>();
        const opened = (connection = await ports.connect(await nodeOf(pod, ports.reader)));
        const ref = containerRef(pod, '');
        if (forwarded.length > 0) {
          const socket = await acceptWebSocket(upgrade, wish.protocol);
          serve = (touch, signal) => serveChannelForward(socket, wish.protocol, forwarded, opened, ref, ports, touch, signal);
        } else {
          const session = await openSession(wish.kind, upgrade);
          serve = (touch) => serveSession(session, opened, ref, ports, touch);
        }
      } catch (error) {
        connection?.close();
        refuseUpgrade(upgrade.socket, error);
        return;
      }
      const abort = new AbortController();
      const idle = new IdleTimer(ports.clock, streamLimits.idleMs, () => upgrade.socket.destroy());
      upgrade.socket.once('close', () => abort.abort(new Error('the client has gone')));
      try {
        await serve(() => idle.touch(), abort.signal);
      } catch (error) {
        ports.log.info('port forward session ended early', { error: causeChain(error) });
      } finally {
        idle.stop();
        connection.close();
        upgrade.socket.destroy();
      }
    },
  };
}

async function serveSession(session: SpdySession, connection: NodeConnection, ref: ContainerRef, ports: StreamPorts, touch: () => void): Promise<void> {
  await servePortForward(session, connection, ref, ports, touch);
  const timer = ports.clock.setTimer(streamLimits.closeMs, () => session.destroy());
  await session.closed;
  timer.cancel();
}

interface SpokenWish {
  readonly kind: UpgradeWish['kind'];
  readonly protocol: string;
}

/** @throws ApiError BadRequest, Forbidden. */
function spokenWish(upgrade: HttpUpgrade): SpokenWish {
  const wish = upgradeWish(upgrade);
  if (wish === undefined) throw new ApiError('BadRequest', 'Upgrade request required');
  const spoken: readonly string[] = wish.kind === 'websocket' ? websocketProtocols : [spdyProtocol];
  const protocol = chooseProtocol(wish.protocols, spoken);
  if (protocol === undefined) throw new ApiError('Forbidden', `unable to upgrade: none of the protocols [${wish.protocols.join(' ')}] is spoken here, only [${spoken.join(' ')}]`);
  return { kind: wish.kind, protocol };
}

async function openSession(kind: UpgradeWish['kind'], upgrade: HttpUpgrade): Promise<SpdySession> {
  if (kind === 'spdy') {
    acceptSpdy(upgrade, spdyProtocol);
    return new SpdySession(upgrade.socket, upgrade.head);
  }
  const socket = await acceptWebSocket(upgrade, tunnelProtocol);
  return new SpdySession(createWebSocketStream(socket, { highWaterMark: streamLimits.sendBufferBytesMax }), new Uint8Array());
}

import { ApiError } from '@rhythm/api';
import { causeChain } from '@rhythm/base';
import type { WebSocket } from 'ws';
import type { Pod } from '@rhythm/api/types/core-v1';
import type { HttpUpgrade } from '@rhythm/http';
import type { ResourceCall, UpgradeHandler } from '../ports/handlers.ts';
import { commandOptions, type CommandOptions } from './command-options.ts';
import { runCommand, type CommandClient } from './command-session.ts';
import { IdleTimer } from './idle-timer.ts';
import { streamLimits } from './limits.ts';
import type { NodeConnection } from './node-connector.ts';
import { containerOf, containerRef, nodeOf } from './pod-target.ts';
import type { StreamPorts } from './ports.ts';
import { spdyCommandClient, spdyCommandProtocols } from './spdy-command.ts';
import { SpdySession } from './spdy/session.ts';
import { acceptSpdy, acceptWebSocket, chooseProtocol, refuseUpgrade, upgradeWish, type UpgradeWish } from './upgrade.ts';
import { commandProtocols, websocketCommandClient } from './websocket-command.ts';
import { requireCreate } from './require-create.ts';

/** `pods/exec` and `pods/attach`: WebSocket or SPDY on the client's side, one gRPC stream on the node's. */
export function commandHandler(subresource: 'exec' | 'attach', ports: StreamPorts): UpgradeHandler {
  return {
    group: '',
    resource: 'pods',
    subresource,
    async upgrade(call, upgrade) {
      let connection: NodeConnection | undefined;
      let opened: Opened;
      try {
        const prepared = await prepare(subresource, call, upgrade, ports);
        connection = prepared.connection;
        opened = { ...prepared, websocket: prepared.wish.kind === 'websocket' ? await acceptWebSocket(upgrade, prepared.protocol) : undefined };
      } catch (error) {
        connection?.close();
        refuseUpgrade(upgrade.socket, error);
        return;
      }
      try {
        await serve(subresource, opened, upgrade, ports);
      } catch (error) {
        ports.log.info('command session ended early', { subresource, error: causeChain(error) });
      } finally {
        // Whatever happened, neither side is left with half a session (CVE-2018-1002105).
        connection.close();
        upgrade.socket.destroy();
      }
    },
  };
}

interface Prepared {
  readonly options: CommandOptions;
  readonly wish: UpgradeWish;
  readonly protocol: string | undefined;
  readonly pod: Pod;
  readonly container: string;
  readonly connection: NodeConnection;
}

interface Opened extends Prepared {
  readonly websocket: WebSocket | undefined;
}

/** Everything that can still be refused with a Status, the dial to the node last. */
async function prepare(subresource: 'exec' | 'attach', call: ResourceCall, upgrade: HttpUpgrade, ports: StreamPorts): Promise<Prepared> {
  const options = commandOptions(subresource, upgrade.query);
  const wish = upgradeWish(upgrade);
  if (wish === undefined) throw new ApiError('BadRequest', 'Upgrade request required');
  const spoken: readonly string[] = wish.kind === 'websocket' ? commandProtocols : spdyCommandProtocols;
  const protocol = chooseProtocol(wish.protocols, spoken);
  // A WebSocket without a sub-protocol is the oldest form; SPDY always names one.
  if (protocol === undefined && (wish.kind === 'spdy' || wish.protocols.length > 0)) {
    throw new ApiError('Forbidden', `unable to upgrade: none of the protocols [${wish.protocols.join(' ')}] is spoken here, only [${spoken.join(' ')}]`);
  }
  await requireCreate(call, upgrade, ports.authorizer);
  await call.admit('CONNECT');
  const pod = await call.parent<Pod>();
  const container = containerOf(pod, options.container);
  const connection = await ports.connect(await nodeOf(pod, ports.reader));
  return { options, wish, protocol, pod, container, connection };
}

async function serve(subresource: 'exec' | 'attach', opened: Opened, upgrade: HttpUpgrade, ports: StreamPorts): Promise<void> {
  const { options, connection, pod, container } = opened;
  const abort = new AbortController();
  const idle = new IdleTimer(ports.clock, streamLimits.idleMs, () => abort.abort(new Error('the session was idle for too long')));
  upgrade.socket.once('close', () => abort.abort(new Error('the client has gone')));
  try {
    const client = await clientOf(opened, upgrade, ports, () => idle.touch());
    const node = connection[subresource](abort.signal);
    await runCommand(client, node, containerRef(pod, container), options);
  } finally {
    idle.stop();
    abort.abort(new Error('the session has ended'));
  }
}

async function clientOf({ websocket, protocol, options }: Opened, upgrade: HttpUpgrade, ports: StreamPorts, touch: () => void): Promise<CommandClient> {
  if (websocket !== undefined) return websocketCommandClient(websocket, protocol ?? '', options, ports.clock, touch);
  acceptSpdy(upgrade, protocol ?? '');
  return spdyCommandClient(new SpdySession(upgrade.socket, upgrade.head), protocol ?? '', options, ports.clock, touch);
}

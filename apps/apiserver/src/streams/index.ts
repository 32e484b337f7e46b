/**
 * Logs, exec, attach and port-forward: HTTP, WebSocket or SPDY towards the client, `rhythm.node.v1` over mutual TLS towards
 * the kubelet. Imports the pipeline's ports, `auth`'s refusals and the container visitor of `admission`.
 */
import type { ResourceHandler, UpgradeHandler } from '../ports/handlers.ts';
import { commandHandler } from './command.ts';
import { logsHandler } from './logs.ts';
import { portForwardHandler } from './port-forward.ts';
import type { StreamPorts } from './ports.ts';
import { proxyRefusals, upgradeRefusals } from './refusals.ts';

export { grpcNodeConnector, noNodeConnector, type ConnectNode, type NodeConnection, type NodeCredentials, type NodeTarget } from './node-connector.ts';
export { acceptWebSocket, chooseProtocol, refuseUpgrade, upgradeWish } from './upgrade.ts';
export { closeSocket, sendMessage } from './websocket-command.ts';
export { flag } from './query.ts';
export type { StreamPorts } from './ports.ts';

/** `pods/log`, and refusals: of the proxy subresources where there is no HTTP, and of plain requests to those that need an upgrade. */
export function streamHandlers(ports: StreamPorts): ResourceHandler[] {
  return [logsHandler(ports.reader, ports.connect, ports.clock), ...proxyRefusals(), ...upgradeRefusals()];
}

/** `pods/exec`, `pods/attach` and `pods/portforward`. They answer refusals on the socket themselves and do not reject. */
export function upgradeHandlers(ports: StreamPorts): UpgradeHandler[] {
  return [commandHandler('exec', ports), commandHandler('attach', ports), portForwardHandler(ports)];
}

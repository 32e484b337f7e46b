import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { ApiError, toApiError } from '@rhythm/api';
import type { HttpUpgrade } from '@rhythm/http';
import { WebSocketServer, type WebSocket } from 'ws';
import { streamLimits } from './limits.ts';

/** What an upgrade asks for: a WebSocket with sub-protocols, or SPDY with stream protocols, as the client prefers them. */
export interface UpgradeWish {
  readonly kind: 'websocket' | 'spdy';
  readonly protocols: readonly string[];
}

/** @returns undefined when it asks for neither. */
export function upgradeWish(upgrade: HttpUpgrade): UpgradeWish | undefined {
  const wanted = (upgrade.header('upgrade') ?? '').toLowerCase();
  if (wanted === 'websocket') return { kind: 'websocket', protocols: listed(upgrade, 'sec-websocket-protocol') };
  if (wanted === 'spdy/3.1') return { kind: 'spdy', protocols: listed(upgrade, 'x-stream-protocol-version') };
  return undefined;
}

/** The values of a header that may come several times, or several in one. */
function listed(upgrade: HttpUpgrade, name: string): string[] {
  const values = upgrade.headersWith(name).filter(([found]) => found === name);
  return values.flatMap(([, value]) => value.split(',').map((item) => item.trim())).filter((item) => item !== '');
}

/** The first of the client's protocols that is spoken here. */
export function chooseProtocol<P extends string>(wished: readonly string[], spoken: readonly P[]): P | undefined {
  return spoken.find((protocol) => protocol === wished.find((wish) => (spoken as readonly string[]).includes(wish)));
}

/** Answers an upgrade with an error in Kubernetes' form and closes. */
export function refuseUpgrade(socket: Duplex, error: unknown): void {
  const status = toApiError(error).toStatus();
  const code = status.code ?? 500;
  const body = JSON.stringify(status);
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const answer = `HTTP/1.1 ${code} ${STATUS_CODES[code] ?? 'Error'}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`;
  socket.end(answer, () => socket.destroy());
}

/** Completes a WebSocket handshake. Rejects with `ApiError` when it is not one; nothing was answered then. */
export function acceptWebSocket(upgrade: HttpUpgrade, protocol: string | undefined): Promise<WebSocket> {
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: streamLimits.messageBytesMax,
    perMessageDeflate: false,
  });
  // Kubernetes' tunnel protocol has a slash in its name, which ws takes for a malformed header: the choice is made here.
  delete upgrade.request.headers['sec-websocket-protocol'];
  if (protocol !== undefined) server.on('headers', (headers) => headers.push(`Sec-WebSocket-Protocol: ${protocol}`));
  return new Promise((resolve, reject) => {
    if (upgrade.socket.destroyed || !upgrade.socket.writable) {
      reject(new Error('the client has gone'));
      return;
    }
    server.on('wsClientError', (error) => reject(new ApiError('BadRequest', `unable to upgrade: ${error.message}`)));
    upgrade.socket.once('close', () => reject(new Error('the client has gone')));
    server.handleUpgrade(upgrade.request, upgrade.socket, upgrade.head, (socket) => {
      socket.on('error', () => undefined);
      resolve(socket);
    });
  });
}

/** Answers a SPDY upgrade; what follows on the socket is SPDY. */
export function acceptSpdy(upgrade: HttpUpgrade, protocol: string): void {
  upgrade.socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: ${protocol}\r\n\r\n`);
}

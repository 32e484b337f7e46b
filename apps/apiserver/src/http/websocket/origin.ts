import { ApiError } from '@rhythm/api';
import type { HttpUpgrade } from '@rhythm/http';

const loopback = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/**
 * A browser shows its user's certificate whatever page opens a WebSocket, and no CORS rule stops it. So who comes by certificate
 * must come from no page (no `Origin`), from this server's own, or from one on the user's machine. A token is given by the page
 * itself: then its origin does not matter. @throws ApiError Forbidden.
 */
export function checkOrigin(upgrade: HttpUpgrade): void {
  const origin = upgrade.header('origin');
  if (origin === undefined || upgrade.peer === undefined || (upgrade.header('upgrade') ?? '').toLowerCase() !== 'websocket') return;
  const from = urlOf(origin);
  if (from !== undefined && (loopback.test(from.hostname) || from.host === urlOf(`https://${upgrade.header('host') ?? ''}`)?.host)) return;
  throw new ApiError('Forbidden', `WebSockets from the origin ${JSON.stringify(origin.slice(0, 128))} are not served to callers with a client certificate`);
}

function urlOf(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}

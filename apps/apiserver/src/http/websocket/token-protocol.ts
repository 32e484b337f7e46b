import type { HttpUpgrade } from '@rhythm/http';
import { unauthorized } from '../../auth/index.ts';

const header = 'sec-websocket-protocol';
const prefix = 'base64url.bearer.authorization.k8s.io.';

/**
 * A browser can give a WebSocket no headers, so its bearer token may come as a sub-protocol:
 * `base64url.bearer.authorization.k8s.io.TOKEN`, beside the one that is to be spoken. Gives the upgrade as it would be with
 * `Authorization`, which wins where both are there; the token is no protocol to whoever sees the result.
 * @throws ApiError Unauthorized for two tokens, one that cannot be read, or one without another sub-protocol: the token
 * would have to be sent back as the chosen one.
 */
export function withProtocolToken(upgrade: HttpUpgrade): HttpUpgrade {
  if ((upgrade.header('upgrade') ?? '').toLowerCase() !== 'websocket') return upgrade;
  const offered = upgrade.headersWith(header).flatMap(([name, value]) => (name === header ? value.split(',').map((item) => item.trim()) : []));
  const tokens = offered.filter((protocol) => protocol.startsWith(prefix));
  const [first] = tokens;
  if (first === undefined) return upgrade;
  const spoken = offered.filter((protocol) => protocol !== '' && !protocol.startsWith(prefix));
  const token = decode(first.slice(prefix.length));
  if (tokens.length > 1 || token === undefined || spoken.length === 0) throw unauthorized();
  const authorization = upgrade.header('authorization') ?? `Bearer ${token}`;
  const replaced: ReadonlyMap<string, string> = new Map([[header, spoken.join(', ')], ['authorization', authorization]]);
  return {
    ...upgrade,
    header: (name) => replaced.get(name) ?? upgrade.header(name),
    headersWith: (start) => [...upgrade.headersWith(start).filter(([name]) => !replaced.has(name)), ...[...replaced].filter(([name]) => name.startsWith(start))],
  };
}

/** Base64url without padding; what `bearerToken` would not take is none. */
function decode(text: string): string | undefined {
  if (!/^[\w-]+$/.test(text)) return undefined;
  const bytes = Buffer.from(text, 'base64url');
  return bytes.toString('base64url') === text ? bytes.toString('utf8') : undefined;
}

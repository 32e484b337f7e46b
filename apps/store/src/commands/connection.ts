import { readFileSync } from 'node:fs';
import { FlagError } from '@rhythm/config';
import { dialGrpc, Metadata, unary, type ClientTls } from '@rhythm/grpc';
import { AuthClient, AuthService } from '@rhythm/proto/etcd';

/** How a command reaches a running store. */
export const connectionFlags = {
  cacert: { type: 'string', help: 'CA of its certificate (PEM); without it, plain text' },
  cert: { type: 'string', help: 'certificate of the client (PEM)' },
  key: { type: 'string', help: "key of the client's certificate (PEM)" },
  user: { type: 'string', help: 'NAME:PASSWORD where users and roles are on' },
} as const;

/** Where a call goes and as whom. */
export interface Connection {
  readonly targets: string;
  readonly tls?: ClientTls;
}

interface ConnectionGiven {
  readonly cacert: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
}

/** `host:port`, with or without a scheme before it. */
export function connectionTo(endpoint: string, given: ConnectionGiven): Connection {
  return { targets: endpoint.replace(/^https?:\/\//, ''), ...tlsOf(given) };
}

/** What to send along with each call; signs in for it where a user is given. */
export async function credentialsFor(connection: Connection, user: string | undefined): Promise<{ readonly metadata?: Metadata }> {
  if (user === undefined) return {};
  const at = user.indexOf(':');
  if (at < 1) throw new FlagError('flag --user takes NAME:PASSWORD');
  const client = dialGrpc(AuthClient, connection);
  try {
    const { token } = await unary(client, AuthService.authenticate, { name: user.slice(0, at), password: user.slice(at + 1) });
    const metadata = new Metadata();
    metadata.set('token', token);
    return { metadata };
  } finally {
    client.close();
  }
}

function tlsOf({ cacert, cert, key }: ConnectionGiven): { readonly tls?: ClientTls } {
  if (cacert === undefined && (cert !== undefined || key !== undefined)) throw new FlagError('flags --cert and --key need --cacert');
  if ((cert === undefined) !== (key === undefined)) throw new FlagError('flags --cert and --key go together');
  if (cacert === undefined) return {};
  return { tls: { ca: readFileSync(cacert), ...(cert === undefined || key === undefined ? {} : { cert: readFileSync(cert), key: readFileSync(key) }) } };
}

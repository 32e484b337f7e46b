import { parseBody } from '@rhythm/api';
import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { dirname, resolve } from 'node:path';
import { createSecureContext } from 'node:tls';
import { ConfigFileError } from '../../config-files/index.ts';

/** Whom a kubeconfig file says to ask, and as whom. PEM. */
export interface WebhookEndpoint {
  readonly url: URL;
  /** Absent: the public authorities. */
  readonly ca?: string;
  readonly serverName?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly token?: string;
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * Reads the current context of a kubeconfig. Files that it names are relative to its own folder. `insecure-skip-tls-verify`, HTTP and `exec` are refused.
 * @throws ConfigFileError, without anything of the credentials.
 */
export function webhookEndpoint(path: string, read: (path: string) => string): WebhookEndpoint {
  const config = document(read(path));
  const context = named(config, 'contexts', 'context', text(config, 'current-context', 'current-context'));
  const cluster = named(config, 'clusters', 'cluster', text(context, 'cluster', 'context.cluster'));
  const userName = text(context, 'user', 'context.user');
  const user = userName === '' ? {} : named(config, 'users', 'user', userName);
  const server = text(cluster, 'server', 'cluster.server');
  if (!URL.canParse(server) || new URL(server).protocol !== 'https:') throw new ConfigFileError(['cluster.server: must be an address of HTTPS']);
  if (cluster['insecure-skip-tls-verify'] === true) throw new ConfigFileError(['cluster.insecure-skip-tls-verify: whoever answers decides who may come in: name its certificate-authority']);
  for (const field of ['exec', 'auth-provider', 'username', 'password']) if (user[field] !== undefined && user[field] !== null) throw new ConfigFileError([`user.${field}: not supported: use a client certificate or a token`]);
  const file = (fields: Fields, name: string, at: string): string | undefined => {
    const data = text(fields, `${name}-data`, `${at}.${name}-data`);
    if (data !== '') return Buffer.from(data, 'base64').toString();
    const place = text(fields, name, `${at}.${name}`);
    return place === '' ? undefined : read(resolve(dirname(path), place));
  };
  const [ca, cert, key] = [file(cluster, 'certificate-authority', 'cluster'), file(user, 'client-certificate', 'user'), file(user, 'client-key', 'user')];
  const serverName = text(cluster, 'tls-server-name', 'cluster.tls-server-name');
  const tokenFile = text(user, 'tokenFile', 'user.tokenFile');
  const token = tokenFile === '' ? text(user, 'token', 'user.token') : read(resolve(dirname(path), tokenFile)).trim();
  if ((cert === undefined) !== (key === undefined)) throw new ConfigFileError(['user: client-certificate and client-key go together']);
  try {
    // An authority that is none would be passed over in silence.
    if (ca !== undefined) void new X509Certificate(ca);
    createSecureContext({ ...(ca === undefined ? {} : { ca }), ...(cert === undefined ? {} : { cert, key }) });
  } catch {
    throw new ConfigFileError(['the certificates or the key cannot be used']);
  }
  return { url: new URL(server), ...(ca === undefined ? {} : { ca }), ...(cert === undefined || key === undefined ? {} : { cert, key }), ...(serverName === '' ? {} : { serverName }), ...(token === '' ? {} : { token }) };
}

/** What TLS is told of the server's name; an address is not one. */
export function serverNameOf({ url, serverName }: WebhookEndpoint): string {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  return serverName ?? (isIP(host) === 0 ? host : '');
}

function document(text: string): Fields {
  let value: unknown;
  try {
    ({ value } = parseBody(new TextEncoder().encode(text), 'application/yaml'));
  } catch {
    throw new ConfigFileError(['the file is not YAML or JSON']);
  }
  return fields(value, 'the file');
}

function fields(value: unknown, at: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new ConfigFileError([`${at}: must be an object`]);
  return value as Fields;
}

function text(from: Fields, name: string, at: string): string {
  const value = Object.hasOwn(from, name) ? (from[name] ?? '') : '';
  if (typeof value !== 'string') throw new ConfigFileError([`${at}: must be text`]);
  return value;
}

function named(config: Fields, list: string, field: string, name: string): Fields {
  const entries = Object.hasOwn(config, list) ? config[list] : undefined;
  for (const entry of Array.isArray(entries) ? (entries as unknown[]) : []) {
    const found = fields(entry, list);
    if (found['name'] === name) return fields(found[field], `${list}.${field}`);
  }
  throw new ConfigFileError([`${list}: there is none of the name ${JSON.stringify(name)}`]);
}

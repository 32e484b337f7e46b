import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';

/** One context of a kubeconfig, with its files read. Credentials: never log it. */
export interface KubeconfigContext {
  readonly context: string;
  /** URL of the HTTPS face. */
  readonly server: string;
  readonly namespace: string;
  /** PEM. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly token?: string;
}

type Fields = Readonly<Record<string, unknown>>;

/** The context `name` (default: the current one) of a kubeconfig file. Relative paths in it are from its folder. Throws an `Error` that says what is missing. */
export function loadKubeconfig(path: string, name?: string): KubeconfigContext {
  return parseKubeconfig(readFileSync(path, 'utf8'), { folder: dirname(path), ...(name === undefined ? {} : { context: name }) });
}

/** As `loadKubeconfig`, from text. Exec plug-ins and auth providers are refused: they would run programs. */
export function parseKubeconfig(text: string, options: { readonly folder?: string; readonly context?: string } = {}): KubeconfigContext {
  // No aliases: a kubeconfig needs none, and they can blow a small file up.
  const config = fields(parse(text, { maxAliasCount: 0 }), 'the kubeconfig');
  const context = options.context ?? string(config, 'current-context') ?? '';
  if (context === '') throw new Error('the kubeconfig has no current-context');
  const chosen = entry(config, 'contexts', context, 'context');
  const cluster = entry(config, 'clusters', string(chosen, 'cluster') ?? '', 'cluster');
  const user = entry(config, 'users', string(chosen, 'user') ?? '', 'user');
  if (user['exec'] !== undefined || user['auth-provider'] !== undefined) throw new Error('exec and auth-provider users are not supported');
  const server = string(cluster, 'server');
  if (server === undefined) throw new Error('the cluster has no server');
  const folder = options.folder ?? '.';
  return {
    context,
    server,
    namespace: string(chosen, 'namespace') ?? 'default',
    ...optional('ca', pem(cluster, 'certificate-authority', folder)),
    ...optional('cert', pem(user, 'client-certificate', folder)),
    ...optional('key', pem(user, 'client-key', folder)),
    ...optional('token', string(user, 'token')),
  };
}

function optional<K extends string>(key: K, value: string | undefined): Partial<Record<K, string>> {
  return value === undefined ? {} : ({ [key]: value } as Record<K, string>);
}

function fields(value: unknown, what: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`${what} is not a map`);
  return value as Fields;
}

function string(from: Fields, key: string): string | undefined {
  const value = Object.hasOwn(from, key) ? from[key] : undefined;
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value !== 'string') throw new Error(`${key} is not a string`);
  return value;
}

function entry(config: Fields, list: string, name: string, inner: string): Fields {
  const entries: unknown = config[list];
  const found = Array.isArray(entries) ? entries.map((one) => fields(one, list)).find((one) => one['name'] === name) : undefined;
  if (found === undefined) throw new Error(`the kubeconfig has no ${inner} "${name}"`);
  return fields(found[inner] ?? {}, inner);
}

/** A PEM value: embedded as base64 under `KEY-data`, or in the file that `KEY` names. */
function pem(from: Fields, key: string, folder: string): string | undefined {
  const data = string(from, `${key}-data`);
  if (data !== undefined) return Buffer.from(data, 'base64').toString('utf8');
  const path = string(from, key);
  return path === undefined ? undefined : readFileSync(resolve(folder, path), 'utf8');
}

import type { Secret } from '@rhythm/api/types/core-v1';
import type { ImageAuth } from '@rhythm/cri';

interface DockerEntry {
  readonly username?: unknown;
  readonly password?: unknown;
  readonly auth?: unknown;
  readonly identitytoken?: unknown;
  readonly registrytoken?: unknown;
}

/** The registry of an image: the first segment when it looks like a host, else Docker Hub's. */
export function registryOf(image: string): string {
  const [first = '', ...rest] = image.split('/');
  return rest.length > 0 && (first.includes('.') || first.includes(':') || first === 'localhost') ? first : 'index.docker.io';
}

/** Image names have a tag or digest; without one it is `latest`. */
export function withDefaultTag(image: string): string {
  const last = image.slice(image.lastIndexOf('/') + 1);
  return last.includes(':') || image.includes('@') ? image : `${image}:latest`;
}

/** The credentials of pull secrets that fit an image, most specific first. Malformed secrets are passed over: the pull then fails with its own words. */
export function authsFor(image: string, secrets: readonly Secret[]): ImageAuth[] {
  const found: { readonly length: number; readonly auth: ImageAuth }[] = [];
  for (const secret of secrets) {
    for (const [server, entry] of entriesOf(secret)) {
      const prefix = server.replace(/^https?:\/\//, '').replace(/\/(v1|v2)?\/?$/, '');
      if (matches(prefix, image)) found.push({ length: prefix.length, auth: authOf(image, entry) });
    }
  }
  return found.toSorted((a, b) => b.length - a.length).map(({ auth }) => auth);
}

/** A prefix of host and path; `*` stands for one label of the host. */
function matches(prefix: string, image: string): boolean {
  const [host = '', ...path] = prefix.split('/');
  const [imageHost = '', ...imagePath] = (image.startsWith(`${registryOf(image)}/`) ? image : `${registryOf(image)}/${image}`).split('/');
  const aliases = host === 'docker.io' || host === 'registry-1.docker.io' ? 'index.docker.io' : host;
  const labels = aliases.split('.');
  const imageLabels = imageHost.split('.');
  const sameHost = labels.length === imageLabels.length && labels.every((label, at) => label === '*' || label === imageLabels[at]);
  return sameHost && path.every((part, at) => part === '' || part === imagePath[at]);
}

function entriesOf(secret: Secret): [string, DockerEntry][] {
  const json = secret.data?.['.dockerconfigjson'];
  const old = secret.data?.['.dockercfg'];
  try {
    const text = Buffer.from(json ?? old ?? '', 'base64').toString('utf8');
    const parsed: unknown = JSON.parse(text === '' ? '{}' : text);
    const auths = json === undefined ? parsed : (parsed as { auths?: unknown }).auths;
    return typeof auths === 'object' && auths !== null ? (Object.entries(auths) as [string, DockerEntry][]) : [];
  } catch {
    return [];
  }
}

/**
 * The runtime gives credentials only to the host of `serverAddress`, which must be a URL. Docker Hub answers under another name than
 * it is known by, so there it stays open.
 */
function authOf(image: string, entry: DockerEntry): ImageAuth {
  const registry = registryOf(image);
  const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);
  const pair = Buffer.from(text(entry.auth) ?? '', 'base64').toString('utf8');
  const colon = pair.indexOf(':');
  const username = text(entry.username) ?? (colon > 0 ? pair.slice(0, colon) : undefined);
  const password = text(entry.password) ?? (colon > 0 ? pair.slice(colon + 1).replace(/\0+$/, '') : undefined);
  const identityToken = text(entry.identitytoken);
  const registryToken = text(entry.registrytoken);
  return {
    ...(registry === 'index.docker.io' ? {} : { serverAddress: `https://${registry}` }),
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(identityToken === undefined ? {} : { identityToken }),
    ...(registryToken === undefined ? {} : { registryToken }),
  };
}

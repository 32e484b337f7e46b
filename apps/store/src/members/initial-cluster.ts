import { createHash } from 'node:crypto';

/** The members of a new cluster: `name=url,name=url`; a name may occur several times, once for each of its URLs. */
export type InitialCluster = ReadonlyMap<string, readonly string[]>;

/** @throws Error naming what is wrong */
export function parseInitialCluster(text: string): InitialCluster {
  const members = new Map<string, string[]>();
  for (const part of text.split(',')) {
    const at = part.indexOf('=');
    if (at < 1) throw new Error(`"${part}" in the initial cluster is not NAME=URL`);
    const [name, url] = [part.slice(0, at), part.slice(at + 1)];
    checkUrl(url);
    members.set(name, [...(members.get(name) ?? []), url]);
  }
  const urls = [...members.values()].flat();
  const twice = urls.find((url, at) => urls.indexOf(url) !== at);
  if (twice !== undefined) throw new Error(`${twice} occurs twice in the initial cluster`);
  return members;
}

export interface InitialIds {
  readonly clusterId: bigint;
  readonly memberIds: ReadonlyMap<string, bigint>;
}

/** Ids that every member works out alike from the same cluster and token, as etcd does. */
export function initialIds(cluster: InitialCluster, token: string): InitialIds {
  const memberIds = new Map([...cluster].map(([name, urls]) => [name, firstBytes([[...urls].sort().join(''), token])] as const));
  const ids = [...memberIds.values()].sort((a, b) => (a < b ? -1 : 1));
  if (new Set(ids).size !== ids.length) throw new Error('two members of the initial cluster have the same URLs');
  const bytes = ids.map((id) => {
    const buffer = Buffer.alloc(8);
    buffer.writeBigUInt64BE(id);
    return buffer;
  });
  return { clusterId: firstBytes(bytes), memberIds };
}

function firstBytes(parts: ReadonlyArray<string | Uint8Array>): bigint {
  const hash = createHash('sha1');
  for (const part of parts) hash.update(part);
  return hash.digest().readBigUInt64BE();
}

function checkUrl(url: string): void {
  if (!URL.canParse(url) || !['http:', 'https:'].includes(new URL(url).protocol)) throw new Error(`"${url}" is not the http or https URL of a member`);
}

/** The id of a member that is added later: the time (seconds since 1970) is in it, so that one that was removed can come again under another id. */
export function addedMemberId(urls: readonly string[], token: string, atSeconds: number): bigint {
  return firstBytes([[...urls].sort().join(''), token, `${atSeconds}`]);
}

import type { KindRegistry } from '@rhythm/api';
import type { HttpExchange } from '@rhythm/http';
import { createHash } from 'node:crypto';
import { namesTag } from '../render/etag.ts';
import type { PathHandler } from '../ports/handlers.ts';
import { parseAccept } from '../render/negotiate.ts';
import { aggregated, apiGroup, apiGroupList, apiResourceList, apiVersions, noOtherServers, type OtherServers } from './documents.ts';

interface Document {
  readonly body: Buffer;
  readonly etag: string;
}

/** /api, /apis and what is below them up to the version; plain, or aggregated where the client asks for it. */
export function discoveryHandler(registry: KindRegistry, address: () => string, others: OtherServers = noOtherServers): PathHandler {
  const documents = new Map<string, Document | undefined>();
  const now = (): string => `${registry.generation} ${others.generation}`;
  let generation = now();
  const documentOf = (key: string, make: () => object | undefined): Document | undefined => {
    if (now() !== generation) {
      documents.clear();
      generation = now();
    }
    if (!documents.has(key)) {
      const made = make();
      const body = made === undefined ? undefined : Buffer.from(JSON.stringify(made));
      documents.set(key, body === undefined ? undefined : { body, etag: `"${createHash('sha512').update(body).digest('hex').slice(0, 64)}"` });
    }
    return documents.get(key);
  };
  return async (exchange) => {
    const parts = exchange.path.split('/').filter((part) => part !== '');
    const [root, group = '', version = ''] = parts;
    if ((root !== 'api' && root !== 'apis') || parts.length > (root === 'api' ? 2 : 3)) return false;
    if (parts.length === 1) {
      const wanted = aggregatedVersion(exchange.header('accept') ?? '');
      if (wanted !== undefined) {
        const document = documentOf(`${root} ${wanted}`, () => aggregated(registry, others, root === 'api', `apidiscovery.k8s.io/${wanted}`));
        return send(exchange, document, `application/json;g=apidiscovery.k8s.io;v=${wanted};as=APIGroupDiscoveryList`);
      }
    }
    const groups = others.groups(registry);
    const known = root === 'api' ? groups.some((g) => g.group === '' && (group === '' || g.versions.includes(group))) : groups.some((g) => g.group === group || group === '');
    if (!known) return false;
    const document = documentOf(`${root}/${group}/${version}`, () => {
      if (root === 'api') return group === '' ? apiVersions(address()) : apiResourceList(registry, { group: '', version: group });
      if (group === '') return apiGroupList(groups);
      return version === '' ? withKind(apiGroup(groups, group)) : apiResourceList(registry, { group, version });
    });
    return send(exchange, document, 'application/json');
  };
}

/** Which version of the aggregated form the client would like best; `undefined`: the plain form. */
function aggregatedVersion(accept: string): string | undefined {
  for (const range of parseAccept(accept)) {
    if (range.type !== 'application/json' && range.type !== '*/*') continue;
    const as = range.parameters.get('as');
    if (as === undefined) return undefined;
    const version = range.parameters.get('v');
    if (as === 'APIGroupDiscoveryList' && range.parameters.get('g') === 'apidiscovery.k8s.io' && (version === 'v2' || version === 'v2beta1')) return version;
  }
  return undefined;
}

function withKind(group: object | undefined): object | undefined {
  return group === undefined ? undefined : { kind: 'APIGroup', apiVersion: 'v1', ...group };
}

async function send(exchange: HttpExchange, document: Document | undefined, contentType: string): Promise<boolean> {
  if (document === undefined) return false;
  const headers = { 'content-type': contentType, etag: document.etag, vary: 'Accept', 'cache-control': 'public' };
  const same = namesTag(exchange.header('if-none-match'), document.etag);
  await exchange.send(same ? 304 : 200, headers, same ? new Uint8Array() : document.body);
  return true;
}

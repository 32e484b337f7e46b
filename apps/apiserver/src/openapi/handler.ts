import { ApiError, apiVersionOf, type KindRegistry } from '@rhythm/api';
import type { HttpExchange } from '@rhythm/http';
import { createHash } from 'node:crypto';
import { gitVersion } from '../discovery/version.ts';
import type { PathHandler } from '../http/face.ts';
import { parseAccept } from '../render/negotiate.ts';
import { pathsOf } from './paths.ts';
import { addServedKind, Definitions } from './schemas.ts';
import { encodeV2 } from './v2-protobuf.ts';

/** Asked for with an `@`, which Go's media type parser does not take in the reply. */
const v2Asked = ['application/com.github.proto-openapi.spec.v2@v1.0+protobuf', 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf'];
const v2Protobuf = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';
const title = 'Kubernetes';

interface Document {
  readonly body: Uint8Array;
  readonly hash: string;
}

/** /openapi/v3 (an index, and a document for each group version, in JSON) and /openapi/v2 (JSON and protobuf). */
export function openApiHandler(registry: KindRegistry): PathHandler {
  const documents = new Map<string, Document>();
  const documentOf = (key: string, make: () => Uint8Array): Document => {
    let document = documents.get(key);
    if (document === undefined) {
      const body = make();
      document = { body, hash: createHash('sha256').update(body).digest('hex').slice(0, 64).toUpperCase() };
      documents.set(key, document);
    }
    return document;
  };
  const groupVersions = new Map(registry.groups.flatMap(({ group, versions }) => versions.map((version) => [group === '' ? `api/${version}` : `apis/${group}/${version}`, { group, version }] as const)));
  const v3Of = (path: string): Document | undefined => {
    const of = groupVersions.get(path);
    return of === undefined ? undefined : documentOf(path, () => json(v3Document(registry, of)));
  };
  return async (exchange) => {
    if (exchange.path === '/openapi/v2') {
      const protobuf = wantsProtobuf(exchange.header('accept') ?? '*/*');
      const document = documentOf(protobuf ? 'v2 protobuf' : 'v2 json', () => v2Document(registry, protobuf));
      return send(exchange, document, protobuf ? v2Protobuf : 'application/json');
    }
    if (exchange.path === '/openapi/v3' || exchange.path === '/openapi/v3/') {
      const paths = Object.fromEntries([...groupVersions.keys()].map((path) => [path, { serverRelativeURL: `/openapi/v3/${path}?hash=${v3Of(path)?.hash ?? ''}` }]));
      return send(exchange, documentOf('index', () => json({ paths })), 'application/json');
    }
    if (!exchange.path.startsWith('/openapi/v3/')) return false;
    const document = v3Of(exchange.path.slice('/openapi/v3/'.length));
    return document === undefined ? false : send(exchange, document, 'application/json');
  };
}

function v3Document(registry: KindRegistry, of: { readonly group: string; readonly version: string }): object {
  const definitions = new Definitions('v3');
  const deleteOptions = definitions.addKind({ ...of, kind: 'DeleteOptions' });
  const status = definitions.addKind({ group: '', version: 'v1', kind: 'Status' });
  const kinds = registry.kinds.filter((kind) => kind.group === of.group && kind.version === of.version);
  const paths = Object.assign({}, ...kinds.map((kind) => pathsOf(kind, { ...addServedKind(definitions, kind), deleteOptions, status }))) as Record<string, object>;
  return { openapi: '3.0.0', info: { title: `${title} ${apiVersionOf(of)}`, version: gitVersion }, paths, components: { schemas: definitions.all() } };
}

function v2Document(registry: KindRegistry, protobuf: boolean): Uint8Array {
  const definitions = new Definitions('v2');
  for (const kind of registry.kinds) addServedKind(definitions, kind);
  const all = definitions.all();
  return protobuf ? encodeV2(title, gitVersion, all) : json({ swagger: '2.0', info: { title, version: gitVersion }, paths: {}, definitions: all });
}

/** @throws ApiError NotAcceptable. */
function wantsProtobuf(accept: string): boolean {
  for (const range of parseAccept(accept)) {
    if (range.type === 'application/json' || range.type === '*/*' || range.type === 'application/*') return false;
    if (v2Asked.includes(range.type)) return true;
  }
  throw new ApiError('NotAcceptable', `only the following media types are accepted: application/json, ${v2Protobuf}`);
}

function json(value: object): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}

async function send(exchange: HttpExchange, document: Document, contentType: string): Promise<boolean> {
  const etag = `"${document.hash}"`;
  // A request that names the hash may be kept for ever: another document has another hash.
  const lasting = exchange.query.get('hash') === document.hash;
  const headers = { 'content-type': contentType, etag, vary: 'Accept-Encoding, Accept', 'cache-control': lasting ? 'public, immutable' : 'no-cache, private' };
  const same = exchange.header('if-none-match') === etag;
  await exchange.send(same ? 304 : 200, headers, same ? new Uint8Array() : document.body);
  return true;
}

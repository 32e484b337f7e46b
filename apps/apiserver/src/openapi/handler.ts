import { ApiError, encodeOpenApiV2, openApiV2, openApiV2Accept, openApiV2ContentType, openApiV3, type KindRegistry } from '@rhythm/api';
import type { HttpExchange } from '@rhythm/http';
import { createHash } from 'node:crypto';
import { gitVersion } from '../discovery/version.ts';
import type { PathHandler } from '../http/face.ts';
import { parseAccept } from '../render/negotiate.ts';

const v2Asked = [openApiV2Accept, openApiV2ContentType];

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
    return of === undefined ? undefined : documentOf(path, () => json(openApiV3(registry.kinds, of.group, of.version, gitVersion) ?? {}));
  };
  return async (exchange) => {
    if (exchange.path === '/openapi/v2') {
      const protobuf = wantsProtobuf(exchange.header('accept') ?? '*/*');
      const document = documentOf(protobuf ? 'v2 protobuf' : 'v2 json', () => v2Document(registry, protobuf));
      return send(exchange, document, protobuf ? openApiV2ContentType : 'application/json');
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

function v2Document(registry: KindRegistry, protobuf: boolean): Uint8Array {
  const document = openApiV2(registry.kinds, gitVersion);
  return protobuf ? encodeOpenApiV2(document) : json(document);
}

/** @throws ApiError NotAcceptable. */
function wantsProtobuf(accept: string): boolean {
  for (const range of parseAccept(accept)) {
    if (range.type === 'application/json' || range.type === '*/*' || range.type === 'application/*') return false;
    if (v2Asked.includes(range.type)) return true;
  }
  throw new ApiError('NotAcceptable', `only the following media types are accepted: application/json, ${openApiV2ContentType}`);
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

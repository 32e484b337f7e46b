import { ApiError, openApiV2Accept, openApiV2ContentType } from '@rhythm/api';
import { gzipAccepted, type HttpExchange } from '@rhythm/http';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { namesTag } from '../http/etag.ts';
import type { PathHandler } from '../http/face.ts';
import { parseAccept } from '../render/negotiate.ts';
import type { Documents, StoredDocument } from './documents.ts';

const jsonType = 'application/json';
const v2Types = new Map([[jsonType, jsonType], ['application/*', jsonType], ['*/*', jsonType], [openApiV2Accept, openApiV2ContentType], [openApiV2ContentType, openApiV2ContentType]]);
const v3Types = new Map([[jsonType, jsonType], ['application/*', jsonType], ['*/*', jsonType]]);
const yearSeconds = 365 * 24 * 60 * 60;
const unzip = promisify(gunzip);

/** /openapi/v3 (an index, and a document for each group version, in JSON) and /openapi/v2 (JSON and protobuf). */
export function openApiHandler(documents: Documents): PathHandler {
  return async (exchange) => {
    const { path } = exchange;
    if (path === '/openapi/v2') {
      const type = typeOf(exchange, v2Types);
      return send(exchange, await documents.v2(type === jsonType ? 'json' : 'protobuf'), type);
    }
    if (path === '/openapi/v3' || path === '/openapi/v3/') return send(exchange, await documents.v3Index(), typeOf(exchange, v3Types));
    if (!path.startsWith('/openapi/v3/')) return false;
    const document = await documents.v3(path.slice('/openapi/v3/'.length));
    return document === undefined ? false : sendNamed(exchange, document, typeOf(exchange, v3Types));
  };
}

/** What of `types` the client likes best. @throws ApiError NotAcceptable. */
function typeOf(exchange: HttpExchange, types: ReadonlyMap<string, string>): string {
  for (const range of parseAccept(exchange.header('accept') || '*/*')) {
    const type = types.get(range.type);
    if (type !== undefined) return type;
  }
  throw new ApiError('NotAcceptable', `only the following media types are accepted: ${[...new Set(types.values())].join(', ')}`);
}

/** A request that names the present hash may be answered from a cache for ever; one that names another is sent to the present one. */
async function sendNamed(exchange: HttpExchange, document: StoredDocument, type: string): Promise<boolean> {
  const asked = exchange.query.get('hash') ?? '';
  if (asked === '' || asked === document.hash) return send(exchange, document, type, asked !== '');
  await exchange.send(301, { location: `${exchange.path}?hash=${document.hash}`, 'content-type': 'text/plain' }, new Uint8Array());
  return true;
}

async function send(exchange: HttpExchange, document: StoredDocument, type: string, lasting = false): Promise<boolean> {
  const etag = `"${document.hash}"`;
  const headers = { etag, vary: 'Accept-Encoding, Accept', 'cache-control': lasting ? `public, immutable, max-age=${yearSeconds}` : 'no-cache, private' };
  if (namesTag(exchange.header('if-none-match'), etag)) await exchange.send(304, headers, new Uint8Array());
  else if (gzipAccepted(exchange.header('accept-encoding'))) await exchange.send(200, { ...headers, 'content-type': type, 'content-encoding': 'gzip' }, document.zipped);
  else await exchange.send(200, { ...headers, 'content-type': type }, await unzip(document.zipped));
  return true;
}

import { ApiError, openApiV2Accept, openApiV2ContentType } from '@rhythm/api';
import type { Clock } from '@rhythm/base';
import { gzipAccepted, type HttpExchange, type ReplyHeaders } from '@rhythm/http';
import { namesTag } from '../render/etag.ts';
import type { PathHandler } from '../ports/handlers.ts';
import { parseAccept } from '../render/negotiate.ts';
import { limits } from '../limits.ts';
import { SliceGroup } from '../render/sliced-body.ts';
import { Turn } from '../render/turn.ts';
import type { Documents, NamedDocument } from './documents.ts';

const jsonType = 'application/json';
const v2Types = new Map([[jsonType, jsonType], ['application/*', jsonType], ['*/*', jsonType], [openApiV2Accept, openApiV2ContentType], [openApiV2ContentType, openApiV2ContentType]]);
const v3Types = new Map([[jsonType, jsonType], ['application/*', jsonType], ['*/*', jsonType]]);
const yearSeconds = 365 * 24 * 60 * 60;

/** /openapi/v3 (an index, and a document for each group version, in JSON) and /openapi/v2 (JSON and protobuf). */
export function openApiHandler(documents: Documents, clock: Clock): PathHandler {
  return async (exchange) => {
    const { path } = exchange;
    if (path === '/openapi/v2') {
      const type = typeOf(exchange, v2Types);
      return send(exchange, await documents.v2(type === jsonType ? 'json' : 'protobuf'), type, clock);
    }
    if (path === '/openapi/v3' || path === '/openapi/v3/') return send(exchange, await documents.v3Index(), typeOf(exchange, v3Types), clock);
    if (!path.startsWith('/openapi/v3/')) return false;
    const document = await documents.v3(path.slice('/openapi/v3/'.length));
    return document === undefined ? false : sendNamed(exchange, document, typeOf(exchange, v3Types), clock);
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
async function sendNamed(exchange: HttpExchange, document: NamedDocument, type: string, clock: Clock): Promise<boolean> {
  const asked = exchange.query.get('hash') ?? '';
  if (asked === '' || asked === document.hash) return send(exchange, document, type, clock, asked !== '');
  await exchange.send(301, { location: `${exchange.path}?hash=${document.hash}`, 'content-type': 'text/plain' }, new Uint8Array());
  return true;
}

async function send(exchange: HttpExchange, document: NamedDocument, type: string, clock: Clock, lasting = false): Promise<boolean> {
  const etag = `"${document.hash}"`;
  const headers = { etag, vary: 'Accept-Encoding, Accept', 'cache-control': lasting ? `public, immutable, max-age=${yearSeconds}` : 'no-cache, private' };
  if (namesTag(exchange.header('if-none-match'), etag)) {
    await exchange.send(304, headers, new Uint8Array());
    return true;
  }
  const text = await document.text();
  if (gzipAccepted(exchange.header('accept-encoding'))) await sendPieces(exchange, { ...headers, 'content-type': type, 'content-encoding': 'gzip' }, text.zipped(), text.zippedLength, clock);
  else await sendPieces(exchange, { ...headers, 'content-type': type }, text.plain(), text.length, clock);
  return true;
}

/** Short ones whole; long ones as fast as the client reads, with turns for others in between. */
async function sendPieces(exchange: HttpExchange, headers: ReplyHeaders, pieces: Iterable<Uint8Array>, length: number, clock: Clock): Promise<void> {
  if (length <= limits.chunkBytes) {
    await exchange.send(200, headers, Buffer.concat([...pieces]));
    return;
  }
  const stream = exchange.begin(200, { ...headers, 'content-length': String(length) });
  const group = new SliceGroup();
  const turn = new Turn(clock);
  for (const piece of pieces) {
    group.push(piece);
    if (group.isFull) await stream.writeAll(group.take());
    if (turn.isOver()) await turn.next();
  }
  if (!group.isEmpty) await stream.writeAll(group.take());
  await stream.end();
}

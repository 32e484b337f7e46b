import { Metadata, status } from '@grpc/grpc-js';
import { GrpcError } from '../error.ts';
import { encodeHeaders, type Headers } from './hpack.ts';

const opening: Headers = [[':status', '200'], ['content-type', 'application/grpc']];
/** Of an error's text; callers refuse headers above 8 KiB or so. */
const messageCharactersMax = 1024;
/** The headers before the first message. */
export const openingBlock = encodeHeaders(opening);
/** The trailers of a call that succeeded. */
export const successBlock = encodeHeaders([['grpc-status', '0']]);

/** The trailers of a call that failed; with the opening headers when nothing was sent yet. */
export function failureBlock(error: GrpcError, isFirst: boolean): Buffer {
  const metadata = Object.entries(error.metadata.toHttp2Headers()).flatMap(([name, values]) => [values ?? []].flat().map((value): [string, string] => [name, String(value)]));
  return encodeHeaders([...(isFirst ? opening : []), ['grpc-status', String(error.code)], ['grpc-message', percentEncoded(error.details)], ...metadata]);
}

/** An answer to what is no gRPC call at all. */
export function plainBlock(httpStatus: number): Buffer {
  return encodeHeaders([[':status', String(httpStatus)]]);
}

/** As gRPC wants a message: UTF-8, and `%XX` for all but printable ASCII. */
function percentEncoded(text: string): string {
  let encoded = '';
  for (const byte of Buffer.from(text.slice(0, messageCharactersMax))) encoded += byte >= 0x20 && byte <= 0x7e && byte !== 0x25 ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  return encoded;
}

/** The caller's metadata; what is not allowed in it is left out. */
export function metadataOf(headers: Headers): Metadata {
  const metadata = new Metadata();
  for (const [name, value] of headers) {
    if (name.startsWith(':')) continue;
    try {
      if (name.endsWith('-bin')) for (const part of value.split(',')) metadata.add(name, Buffer.from(part, 'base64'));
      else metadata.add(name, value);
    } catch {
      // grpc-js refuses it as well.
    }
  }
  return metadata;
}

export function unimplemented(what: string): GrpcError {
  return new GrpcError(status.UNIMPLEMENTED, what);
}

/** Says what we read instead, as gRPC wants. */
export function unknownEncoding(encoding: string): GrpcError {
  const metadata = new Metadata();
  metadata.set('grpc-accept-encoding', 'identity');
  return new GrpcError(status.UNIMPLEMENTED, `messages compressed with ${encoding} are not supported`, { metadata });
}

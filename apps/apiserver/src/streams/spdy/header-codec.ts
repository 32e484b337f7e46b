import { constants, createDeflate, createInflate, type Deflate, type Inflate } from 'node:zlib';
import { headerDictionary } from './dictionary.ts';

/** A header block that cannot be read; the connection's compression state is lost with it. */
export class SpdyHeaderError extends Error {
  override readonly name = 'SpdyHeaderError';
}

/**
 * Name/value blocks of one connection: one compression state each way, so blocks must be read in the order they came.
 */
export class HeaderCodec {
  readonly #inflate: Inflate = createInflate({ dictionary: headerDictionary, flush: constants.Z_SYNC_FLUSH });
  readonly #deflate: Deflate = createDeflate({ dictionary: headerDictionary, flush: constants.Z_SYNC_FLUSH });
  readonly #bytesMax: number;
  #encoding: Promise<unknown> = Promise.resolve();

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
    // Errors are reported to the caller of the block; these listeners only keep them from ending the process.
    this.#inflate.on('error', () => undefined);
    this.#deflate.on('error', () => undefined);
  }

  async decode(block: Uint8Array): Promise<Map<string, string>> {
    return parseBlock(await through(this.#inflate, block, this.#bytesMax));
  }

  encode(headers: Readonly<Record<string, string>>): Promise<Buffer> {
    const encoded = this.#encoding.then(() => through(this.#deflate, buildBlock(headers), Number.POSITIVE_INFINITY));
    this.#encoding = encoded.catch(() => undefined);
    return encoded;
  }

  close(): void {
    this.#inflate.destroy();
    this.#deflate.destroy();
  }
}

function through(codec: Inflate | Deflate, block: Uint8Array, bytesMax: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const done = (error?: Error): void => {
      codec.off('data', onData);
      codec.off('error', onError);
      codec.off('close', onClose);
      if (error === undefined) resolve(Buffer.concat(chunks));
      else reject(error);
    };
    const onData = (chunk: Buffer): void => {
      bytes += chunk.length;
      if (bytes <= bytesMax) chunks.push(chunk);
      else codec.destroy(new SpdyHeaderError(`a header block has more than ${bytesMax} bytes`));
    };
    const onError = (error: Error): void => done(error instanceof SpdyHeaderError ? error : new SpdyHeaderError('a header block cannot be decompressed', { cause: error }));
    const onClose = (): void => done(new SpdyHeaderError('the connection is closed'));
    if (codec.destroyed) {
      onClose();
      return;
    }
    codec.on('data', onData);
    codec.once('error', onError);
    codec.once('close', onClose);
    codec.write(block);
    codec.flush(() => done());
  });
}

function parseBlock(block: Buffer): Map<string, string> {
  const headers = new Map<string, string>();
  let at = 0;
  const number = (): number => {
    if (at + 4 > block.length) throw new SpdyHeaderError('a header block is cut short');
    at += 4;
    return block.readUInt32BE(at - 4);
  };
  const text = (): string => {
    const length = number();
    if (at + length > block.length) throw new SpdyHeaderError('a header block is cut short');
    at += length;
    return block.toString('utf8', at - length, at);
  };
  // Each pair takes at least eight bytes: a count beyond that ends in 'cut short' soon.
  for (let left = number(); left > 0; left--) {
    const name = text().toLowerCase();
    headers.set(name, text());
  }
  return headers;
}

function buildBlock(headers: Readonly<Record<string, string>>): Buffer {
  const parts: Buffer[] = [];
  const number = (value: number): void => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    parts.push(bytes);
  };
  const entries = Object.entries(headers);
  number(entries.length);
  for (const pair of entries) {
    for (const item of pair) {
      const bytes = Buffer.from(item);
      number(bytes.length);
      parts.push(bytes);
    }
  }
  return Buffer.concat(parts);
}

import { ConnectionError, errorCodes } from './frames.ts';
import { decodeHuffman } from './huffman.ts';

/** RFC 7541, appendix A, from index 1 on. */
const staticTable: ReadonlyArray<readonly [string, string]> = [
  [':authority', ''], [':method', 'GET'], [':method', 'POST'], [':path', '/'], [':path', '/index.html'], [':scheme', 'http'], [':scheme', 'https'], [':status', '200'],
  [':status', '204'], [':status', '206'], [':status', '304'], [':status', '400'], [':status', '404'], [':status', '500'], ['accept-charset', ''], ['accept-encoding', 'gzip, deflate'],
  ['accept-language', ''], ['accept-ranges', ''], ['accept', ''], ['access-control-allow-origin', ''], ['age', ''], ['allow', ''], ['authorization', ''], ['cache-control', ''],
  ['content-disposition', ''], ['content-encoding', ''], ['content-language', ''], ['content-length', ''], ['content-location', ''], ['content-range', ''], ['content-type', ''], ['cookie', ''],
  ['date', ''], ['etag', ''], ['expect', ''], ['expires', ''], ['from', ''], ['host', ''], ['if-match', ''], ['if-modified-since', ''], ['if-none-match', ''], ['if-range', ''],
  ['if-unmodified-since', ''], ['last-modified', ''], ['link', ''], ['location', ''], ['max-forwards', ''], ['proxy-authenticate', ''], ['proxy-authorization', ''], ['range', ''], ['referer', ''],
  ['refresh', ''], ['retry-after', ''], ['server', ''], ['set-cookie', ''], ['strict-transport-security', ''], ['transfer-encoding', ''], ['user-agent', ''], ['vary', ''], ['via', ''], ['www-authenticate', ''],
];

export type Headers = ReadonlyArray<readonly [name: string, value: string]>;

/** The peer's table may hold this much (our SETTINGS_HEADER_TABLE_SIZE, the default). */
const tableBytesMax = 4096;
/** Names and values of one call, with 32 bytes for each pair (our SETTINGS_MAX_HEADER_LIST_SIZE). */
export const headerListBytesMax = 16 * 1024;
const entryOverheadBytes = 32;
/** Blocks whose headers are remembered: callers repeat themselves. */
const rememberedMax = 64;
const rememberedBytesMax = 1024;

/** Decodes the header blocks of one connection, in their order. */
export class HpackDecoder {
  /** Newest first. */
  readonly #table: Array<readonly [string, string]> = [];
  #tableBytes = 0;
  #tableLimit = tableBytesMax;
  /** Headers by block, as long as the table is what it was. */
  readonly #remembered = new Map<string, Headers>();
  #block: Uint8Array = new Uint8Array(0);
  #at = 0;

  /**
   * Undefined: the headers are larger than we take; the next blocks can be read all the same.
   * @throws ConnectionError for what is no header block: the tables of both ends are then out of step.
   */
  decode(block: Buffer): Headers | undefined {
    const key = block.length > rememberedBytesMax ? undefined : block.toString('latin1');
    const known = key === undefined ? undefined : this.#remembered.get(key);
    if (known !== undefined) return known;
    const before = this.#tableBytes;
    let changed = false;
    const headers: Array<readonly [string, string]> = [];
    let bytes = 0;
    let hasBegun = false;
    this.#block = block;
    this.#at = 0;
    while (this.#at < block.length) {
      const first = block[this.#at] ?? 0;
      if ((first & 0xe0) === 0x20) {
        if (hasBegun) throw broken('a change of the table after a header');
        this.#resize(this.#integer(5));
        changed = true;
        continue;
      }
      changed ||= (first & 0xc0) === 0x40;
      hasBegun = true;
      const header = this.#header(first);
      bytes += header[0].length + header[1].length + entryOverheadBytes;
      if (bytes <= headerListBytesMax) headers.push(header);
    }
    if (changed || before !== this.#tableBytes) this.#remembered.clear();
    else if (key !== undefined && bytes <= headerListBytesMax && this.#remembered.size < rememberedMax) this.#remembered.set(key, headers);
    return bytes <= headerListBytesMax ? headers : undefined;
  }

  #header(first: number): readonly [string, string] {
    if ((first & 0x80) !== 0) return this.#entry(this.#integer(7));
    const isIndexed = (first & 0x40) !== 0;
    const index = this.#integer(isIndexed ? 6 : 4);
    const header = [index === 0 ? this.#text() : this.#entry(index)[0], this.#text()] as const;
    if (isIndexed) this.#add(header);
    return header;
  }

  #entry(index: number): readonly [string, string] {
    const entry = index <= staticTable.length ? staticTable[index - 1] : this.#table[index - 1 - staticTable.length];
    if (entry === undefined) throw broken(`no header has the index ${index}`);
    return entry;
  }

  #add(header: readonly [string, string]): void {
    const bytes = header[0].length + header[1].length + entryOverheadBytes;
    this.#table.unshift(header);
    this.#tableBytes += bytes;
    this.#shrink(this.#tableLimit);
  }

  #resize(limit: number): void {
    if (limit > tableBytesMax) throw broken('a table larger than we offered');
    this.#tableLimit = limit;
    this.#shrink(limit);
  }

  #shrink(limit: number): void {
    while (this.#tableBytes > limit) {
      const [name, value] = this.#table.pop() ?? ['', ''];
      this.#tableBytes -= name.length + value.length + entryOverheadBytes;
    }
  }

  #integer(prefixBits: number): number {
    const prefix = (1 << prefixBits) - 1;
    let value = (this.#block[this.#at++] ?? 0) & prefix;
    if (value < prefix) return value;
    for (let scale = 1; scale <= 0x20_0000; scale *= 0x80) {
      const byte = this.#block[this.#at++];
      if (byte === undefined) throw broken('a number is cut off');
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    throw broken('a number is too large');
  }

  #text(): string {
    const isHuffman = ((this.#block[this.#at] ?? 0) & 0x80) !== 0;
    const length = this.#integer(7);
    const end = this.#at + length;
    if (end > this.#block.length) throw broken('a text is cut off');
    const bytes = this.#block.subarray(this.#at, end);
    this.#at = end;
    const text = isHuffman ? decodeHuffman(bytes) : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
    if (text === undefined) throw broken('a text is not in the Huffman code');
    return text;
  }
}

function broken(what: string): ConnectionError {
  return new ConnectionError(errorCodes.compression, what);
}

/** Header blocks that use no table: the same bytes for the same headers, on every connection. */
export function encodeHeaders(headers: Headers): Buffer {
  const parts: Buffer[] = [];
  for (const [name, value] of headers) {
    const whole = staticTable.findIndex((entry) => entry[0] === name && entry[1] === value);
    if (whole !== -1) {
      parts.push(Buffer.of(0x80 | (whole + 1)));
      continue;
    }
    const index = staticTable.findIndex((entry) => entry[0] === name) + 1;
    parts.push(index > 0 ? integer(0, 4, index) : Buffer.concat([Buffer.of(0), text(name)]), text(value));
  }
  return Buffer.concat(parts);
}

/** Comes before the first block of a connection: we keep no table, whatever size the peer would allow. */
export const noTable = Buffer.of(0x20);

function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'latin1');
  return Buffer.concat([integer(0, 7, bytes.length), bytes]);
}

function integer(first: number, prefixBits: number, value: number): Buffer {
  const prefix = (1 << prefixBits) - 1;
  if (value < prefix) return Buffer.of(first | value);
  const bytes = [first | prefix];
  let rest = value - prefix;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  bytes.push(rest);
  return Buffer.from(bytes);
}

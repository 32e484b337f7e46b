import type { HttpExchange } from '@rhythm/http';

/** Deeper levels stand as far in as this one: white space must not outgrow what it is put between. */
const indentMax = 64;
const [quote, backslash, comma, colon] = [0x22, 0x5c, 0x2c, 0x3a];
const isSpace = (byte: number): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
const opens = (byte: number): boolean => byte === 0x7b || byte === 0x5b;
const closes = (byte: number): boolean => byte === 0x7d || byte === 0x5d;

/** Whether JSON is to be written for people: `pretty=true`, or a browser or command-line tool that says nothing of it, as in Kubernetes. */
export function wantsPretty(exchange: Pick<HttpExchange, 'query' | 'header'>): boolean {
  const asked = exchange.query.get('pretty') ?? '';
  return asked === '' ? /^(curl|Wget|Mozilla\/5\.0)/.test(exchange.header('user-agent') ?? '') : ['1', 't', 'T', 'true', 'TRUE', 'True'].includes(asked);
}

/** Puts line breaks and indents of two into JSON that comes in pieces, without reading it: numbers and strings stay as they are. */
export class PrettyPrinter {
  #depth = 0;
  #inString = false;
  #isEscaped = false;
  /** The last byte opened an object or array: whether it is empty shows the next. */
  #isOpened = false;

  print(piece: Uint8Array): Buffer {
    const out: Uint8Array[] = [];
    let from = 0;
    const flush = (to: number): void => {
      if (to > from) out.push(piece.subarray(from, to));
    };
    for (let at = 0; at < piece.length; at++) {
      const byte = piece[at] ?? 0;
      if (this.#inString) {
        if (this.#isEscaped) this.#isEscaped = false;
        else if (byte === backslash) this.#isEscaped = true;
        else if (byte === quote) this.#inString = false;
        continue;
      }
      if (isSpace(byte)) {
        flush(at);
        from = at + 1;
      } else if (closes(byte)) {
        flush(at);
        from = at;
        this.#depth--;
        if (this.#isOpened) this.#isOpened = false;
        else out.push(this.#line());
      } else {
        if (this.#isOpened) {
          flush(at);
          from = at;
          out.push(this.#line());
          this.#isOpened = false;
        }
        if (byte === quote) this.#inString = true;
        else if (opens(byte)) {
          this.#depth++;
          this.#isOpened = true;
        } else if (byte === comma || byte === colon) {
          flush(at + 1);
          from = at + 1;
          out.push(byte === comma ? this.#line() : space);
        }
      }
    }
    flush(piece.length);
    return Buffer.concat(out);
  }

  #line(): Uint8Array {
    return lines[Math.min(Math.max(this.#depth, 0), indentMax)] ?? space;
  }
}

const space = Buffer.from(' ');
const lines: readonly Buffer[] = Array.from({ length: indentMax + 1 }, (_, depth) => Buffer.from(`\n${'  '.repeat(depth)}`));

export async function* prettyPieces(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const printer = new PrettyPrinter();
  for await (const piece of pieces) yield printer.print(piece);
}

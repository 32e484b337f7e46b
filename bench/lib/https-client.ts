/**
 * A cheap HTTP/1.1 client on bare TLS sockets, so that what is measured is the server: one request at a time on each connection, heads looked at no further than needed,
 * bodies kept only where they are asked for.
 */
import { connect, type TLSSocket } from 'node:tls';

export interface ClientTls {
  readonly ca: Buffer;
  readonly cert: Buffer;
  readonly key: Buffer;
}

export interface Answer {
  readonly status: number;
  /** Of the body, as it was sent. */
  readonly bytes: number;
  /** The last piece of the body; all of it when it was kept. */
  readonly body: Buffer;
}

export interface Ask {
  readonly body?: Buffer | string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Keeps the whole body. */
  readonly keep?: boolean;
}

interface Waiting {
  readonly keep: boolean;
  readonly onBody: ((piece: Buffer) => void) | undefined;
  readonly onHead: ((status: number) => void) | undefined;
  readonly done: (answer: Answer) => void;
  readonly fail: (error: Error) => void;
}

const headEnd = Buffer.from('\r\n\r\n');
/** What a refusal says is cut off here. */
const errorTextMax = 300;

/** One connection. */
class Connection {
  readonly #socket: TLSSocket;
  #waiting: Waiting | undefined;
  #rest: Buffer | undefined;
  #status = 0;
  #chunked = false;
  /** Of the body or the chunk; -1 before the head, -2 before the size of a chunk. */
  #left = -1;
  #bytes = 0;
  #pieces: Buffer[] = [];
  #last: Buffer = Buffer.alloc(0);
  #isClosed = false;

  constructor(socket: TLSSocket) {
    this.#socket = socket;
    socket.on('data', (piece: Buffer) => this.#read(piece));
    const end = (error?: Error): void => {
      const waiting = this.#waiting;
      this.#waiting = undefined;
      waiting?.fail(error ?? new Error('the connection was closed'));
    };
    socket.on('error', end);
    socket.on('close', () => {
      this.#isClosed = true;
      end();
    });
  }

  /** The server closes connections that nobody uses. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  send(head: string, body: Buffer | string | undefined, waiting: Waiting): void {
    this.#waiting = waiting;
    this.#left = -1;
    this.#bytes = 0;
    this.#pieces = [];
    if (body === undefined || typeof body === 'string') this.#socket.write(head + (body ?? ''));
    else this.#socket.write(Buffer.concat([Buffer.from(head), body]));
  }

  close(): void {
    this.#socket.destroy();
  }

  #read(piece: Buffer): void {
    let data = this.#rest === undefined ? piece : Buffer.concat([this.#rest, piece]);
    this.#rest = undefined;
    while (this.#waiting !== undefined) {
      if (this.#left === -1) {
        const end = data.indexOf(headEnd);
        if (end < 0) break;
        const isEmpty = this.#head(data.toString('latin1', 0, end).toLowerCase());
        data = data.subarray(end + headEnd.length);
        if (isEmpty) this.#finish();
      } else if (this.#left === -2) {
        const end = data.indexOf('\r\n');
        if (end < 0) break;
        const size = Number.parseInt(data.toString('latin1', 0, end), 16);
        if (size === 0 && data.length < end + 4) break;
        data = data.subarray(end + (size === 0 ? 4 : 2));
        this.#left = size;
        if (size === 0) this.#finish();
      } else if (this.#chunked) {
        // The end of line that belongs to a chunk is read with it.
        if (this.#left > 0) {
          const part = data.subarray(0, this.#left);
          if (part.length === 0) break;
          this.#take(part);
          this.#left -= part.length;
          data = data.subarray(part.length);
        }
        if (this.#left > 0 || data.length < 2) break;
        data = data.subarray(2);
        this.#left = -2;
      } else {
        const part = data.subarray(0, this.#left);
        if (part.length === 0) break;
        this.#take(part);
        this.#left -= part.length;
        data = data.subarray(part.length);
        if (this.#left === 0) this.#finish();
      }
    }
    if (data.length > 0) this.#rest = data;
  }

  /** True when no body follows. */
  #head(head: string): boolean {
    this.#status = Number(head.slice(9, 12));
    this.#chunked = head.includes('\r\ntransfer-encoding: chunked');
    this.#left = this.#chunked ? -2 : Number(/\r\ncontent-length: (\d+)/.exec(head)?.[1] ?? 0);
    this.#waiting?.onHead?.(this.#status);
    return this.#left === 0;
  }

  #take(part: Buffer): void {
    this.#bytes += part.length;
    this.#last = part;
    const waiting = this.#waiting;
    if (waiting?.onBody !== undefined) waiting.onBody(part);
    else if (waiting?.keep === true || this.#status >= 300) this.#pieces.push(part);
  }

  #finish(): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.done({ status: this.#status, bytes: this.#bytes, body: this.#pieces.length === 0 ? this.#last : Buffer.concat(this.#pieces) });
  }
}

/** As many connections to one server as there are requests under way. */
export class HttpsClient {
  readonly #port: number;
  readonly #tls: ClientTls;
  readonly #idle: Connection[] = [];
  readonly #all = new Set<Connection>();

  constructor(port: number, tls: ClientTls) {
    this.#port = port;
    this.#tls = tls;
  }

  /** @throws Error for a connection that fails, and for what the server refuses. */
  async request(method: string, path: string, { body, headers = {}, keep = false }: Ask = {}): Promise<Answer> {
    let connection = this.#idle.pop();
    while (connection?.isClosed === true) connection = this.#idle.pop();
    const used = connection ?? (await this.#connect());
    const answer = await new Promise<Answer>((done, fail) => used.send(this.#headOf(method, path, headers, body), body, { keep, done, fail, onBody: undefined, onHead: undefined }));
    this.#idle.push(used);
    if (answer.status >= 300 || answer.status < 200) throw new Error(`${method} ${path}: ${answer.status} ${answer.body.toString('utf8', 0, errorTextMax)}`);
    return answer;
  }

  async json<T>(method: string, path: string, object?: object, headers: Readonly<Record<string, string>> = {}): Promise<T> {
    const { body } = await this.request(method, path, { keep: true, headers, ...(object === undefined ? {} : { body: JSON.stringify(object) }) });
    return JSON.parse(body.toString()) as T;
  }

  /** An answer that goes on: a watch. Resolves when its head is there. */
  async stream(path: string, onBody: (piece: Buffer) => void, onEnd: (error: Error) => void): Promise<void> {
    const connection = await this.#connect();
    await new Promise<void>((done, fail) => {
      const onHead = (status: number): void => (status === 200 ? done() : fail(new Error(`${path}: ${status}`)));
      connection.send(this.#headOf('GET', path, {}, undefined), undefined, { keep: false, onBody, onHead, done: () => onEnd(new Error('the watch ended')), fail: onEnd });
    });
  }

  close(): void {
    for (const connection of this.#all) connection.close();
  }

  #headOf(method: string, path: string, headers: Readonly<Record<string, string>>, body: Buffer | string | undefined): string {
    let head = `${method} ${path} HTTP/1.1\r\nhost: 127.0.0.1:${this.#port}\r\nuser-agent: rhythm-bench\r\n`;
    const sent = method === 'GET' ? headers : { 'content-type': 'application/json', ...headers };
    for (const [name, value] of Object.entries(sent)) head += `${name}: ${value}\r\n`;
    if (headers['accept'] === undefined) head += 'accept: application/json\r\n';
    if (body !== undefined) head += `content-length: ${Buffer.byteLength(body)}\r\n`;
    return `${head}\r\n`;
  }

  #connect(): Promise<Connection> {
    return new Promise((done, fail) => {
      const socket = connect({ host: '127.0.0.1', port: this.#port, ALPNProtocols: ['http/1.1'], ...this.#tls });
      socket.setNoDelay(true);
      socket.once('error', fail);
      socket.once('secureConnect', () => {
        const connection = new Connection(socket);
        this.#all.add(connection);
        done(connection);
      });
    });
  }
}

import { request } from 'node:http';
import type { Socket } from 'node:net';
import { constants, createDeflate, type Deflate } from 'node:zlib';
import { withTimeout, type Clock } from '@rhythm/base';

/** Frame types of SPDY/3.1 that occur between a client and a container runtime's streaming server. */
const synStream = 1;
const rstStream = 3;
const ping = 6;
const goAway = 7;
const finFlag = 1;
/** A frame's payload at most; the runtime's server sends no more. */
const frameBytesMax = 4 * 1024 * 1024;
const chunkBytes = 32 * 1024;
const connectMs = 15_000;

/** One stream of a session. */
export interface SpdyStream {
  /** Resolves once the connection can take more. */
  write(data: Uint8Array): Promise<void>;
  /** No more from us; the other side may go on. */
  end(): void;
}

export interface StreamListener {
  onData(data: Buffer): void;
  onEnd(): void;
}

/**
 * The client's half of a SPDY/3.1 connection (draft-mbelshe-httpbis-spdy-00), as far as remote command and port-forward streams need it:
 * streams are opened here only, their replies carry nothing, and there is no flow control besides the connection's own (the servers have none).
 */
export class SpdySession {
  readonly #socket: Socket;
  readonly #deflate: Deflate = createDeflate({ flush: constants.Z_SYNC_FLUSH });
  readonly #listeners = new Map<number, StreamListener>();
  readonly #closed = Promise.withResolvers<void>();
  #nextId = 1;
  #buffered: Buffer[] = [];
  #bufferedBytes = 0;
  #headers: Promise<unknown> = Promise.resolve();
  #isOver = false;

  constructor(socket: Socket, head: Buffer) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (data) => this.#onData(data));
    socket.on('error', () => this.close());
    socket.on('close', () => this.#end());
    if (head.length > 0) this.#onData(head);
  }

  /** Resolves once the connection is over. */
  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  /** Of a connection that is over, or ends meanwhile, a stream that takes everything and has ended. */
  async open(headers: Readonly<Record<string, string>>, listener: StreamListener): Promise<SpdyStream> {
    if (this.#isOver) {
      listener.onEnd();
      return { write: () => Promise.resolve(), end: () => undefined };
    }
    const id = this.#nextId;
    this.#nextId += 2;
    this.#listeners.set(id, listener);
    // Header blocks share one compression state: they go out in the order in which they were compressed.
    const sent = this.#headers.then(async () => {
      if (this.#isOver) return;
      const block = await this.#compress(headerBlock(headers));
      const prefix = Buffer.alloc(10);
      prefix.writeUInt32BE(id, 0);
      this.#control(synStream, 0, Buffer.concat([prefix, block]));
    });
    this.#headers = sent.catch(() => undefined);
    // What is being compressed when the connection ends never comes.
    await Promise.race([sent, this.#closed.promise]);
    return { write: (data) => this.#write(id, data), end: () => this.#frame(id, finFlag, Buffer.alloc(0)) };
  }

  /** Stops reading until `resume`: back-pressure on everything the other side sends. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  close(): void {
    this.#socket.destroy();
    this.#end();
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#deflate.close();
    for (const listener of this.#listeners.values()) listener.onEnd();
    this.#listeners.clear();
    this.#closed.resolve();
  }

  async #write(id: number, data: Uint8Array): Promise<void> {
    for (let at = 0; at < data.length; at += chunkBytes) {
      if (this.#frame(id, 0, data.subarray(at, at + chunkBytes))) continue;
      await new Promise<void>((resolve) => {
        const go = (): void => {
          this.#socket.off('drain', go);
          this.#socket.off('close', go);
          resolve();
        };
        if (this.#socket.destroyed) resolve();
        this.#socket.once('drain', go);
        this.#socket.once('close', go);
      });
    }
  }

  #frame(id: number, flags: number, data: Uint8Array): boolean {
    if (this.#socket.destroyed) return true;
    const header = Buffer.alloc(8);
    header.writeUInt32BE(id, 0);
    header.writeUInt32BE((flags << 24) | data.length, 4);
    return this.#socket.write(Buffer.concat([header, data]));
  }

  #control(type: number, flags: number, data: Uint8Array): void {
    if (this.#socket.destroyed) return;
    const header = Buffer.alloc(8);
    header.writeUInt16BE(0x8003, 0);
    header.writeUInt16BE(type, 2);
    header.writeUInt32BE((flags << 24) | data.length, 4);
    this.#socket.write(Buffer.concat([header, data]));
  }

  /** The servers' zlib takes a block that does not use SPDY's dictionary. */
  #compress(block: Buffer): Promise<Buffer> {
    return new Promise((resolve) => {
      const parts: Buffer[] = [];
      const collect = (part: Buffer): void => void parts.push(part);
      this.#deflate.on('data', collect);
      this.#deflate.write(block);
      this.#deflate.flush(constants.Z_SYNC_FLUSH, () => {
        this.#deflate.off('data', collect);
        resolve(Buffer.concat(parts));
      });
    });
  }

  #onData(data: Buffer): void {
    this.#buffered.push(data);
    this.#bufferedBytes += data.length;
    while (this.#bufferedBytes >= 8) {
      const all = this.#buffered.length === 1 ? (this.#buffered[0] ?? data) : Buffer.concat(this.#buffered);
      const length = all.readUInt32BE(4) & 0xff_ff_ff;
      if (length > frameBytesMax) {
        this.close();
        return;
      }
      this.#buffered = [all];
      if (all.length < 8 + length) return;
      this.#buffered = [all.subarray(8 + length)];
      this.#bufferedBytes -= 8 + length;
      this.#onFrame(all.readUInt32BE(0), all.readUInt8(4), all.subarray(8, 8 + length));
    }
  }

  #onFrame(first: number, flags: number, payload: Buffer): void {
    if (first >>> 31 === 0) {
      const listener = this.#listeners.get(first);
      if (payload.length > 0) listener?.onData(payload);
      if ((flags & finFlag) !== 0) this.#endStream(first);
      return;
    }
    const type = first & 0xffff;
    if (type === ping && payload.length === 4) this.#control(ping, 0, payload);
    else if (type === rstStream && payload.length >= 4) this.#endStream(payload.readUInt32BE(0));
    else if (type === goAway && this.#listeners.size === 0) this.close();
  }

  #endStream(id: number): void {
    const listener = this.#listeners.get(id);
    this.#listeners.delete(id);
    listener?.onEnd();
  }
}

/** Number of pairs, then each name and value with its length. */
function headerBlock(headers: Readonly<Record<string, string>>): Buffer {
  const number = (value: number): Buffer => {
    const buffer = Buffer.alloc(4);
    buffer.writeUInt32BE(value);
    return buffer;
  };
  const entries = Object.entries(headers);
  return Buffer.concat([number(entries.length), ...entries.flatMap(([name, value]) => [number(Buffer.byteLength(name)), Buffer.from(name), number(Buffer.byteLength(value)), Buffer.from(value)])]);
}

/** Upgrades a connection to a streaming URL that the runtime gave. Only the machine itself is dialled. */
export function connectSpdy(url: string, protocol: string, clock: Pick<Clock, 'setTimer'>, signal: AbortSignal): Promise<SpdySession> {
  const { hostname } = new URL(url);
  if (hostname !== '127.0.0.1' && hostname !== 'localhost' && hostname !== '[::1]') return Promise.reject(new Error(`the runtime's streaming server is at ${hostname}, not on this machine's loopback`));
  const deadline = withTimeout(clock, connectMs, () => new Error("the runtime's streaming server does not answer"), signal);
  return new Promise<SpdySession>((resolve, reject) => {
    const headers = { Connection: 'Upgrade', Upgrade: 'SPDY/3.1', 'X-Stream-Protocol-Version': protocol, 'Content-Length': '0' };
    const call = request(url, { method: 'POST', headers, agent: false, signal: deadline.signal });
    call.on('upgrade', (reply, socket, head) => {
      if (reply.headers['x-stream-protocol-version'] === protocol) resolve(new SpdySession(socket as Socket, head));
      else {
        socket.destroy();
        reject(new Error(`the runtime does not speak ${protocol}`));
      }
    });
    // No upgrade: the connection is closed, never used as something else (CVE-2018-1002105).
    call.on('response', (reply) => {
      reply.destroy();
      reject(new Error(`the runtime's streaming server answered ${reply.statusCode ?? 0}`));
    });
    call.on('error', reject);
    call.end();
  }).finally(() => deadline.cancel());
}

import type { Duplex } from 'node:stream';
import { ByteQueue } from '../byte-queue.ts';
import { streamLimits } from '../limits.ts';
import { controlFrame, dataFrame, flagFin, FrameReader, frameTypes, SpdyProtocolError, type Frame } from './frames.ts';
import { HeaderCodec } from './header-codec.ts';

const resetRefused = 3;
const resetCancel = 5;

/** One stream that the client opened. */
export interface SpdyStream {
  readonly id: number;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  /** What the client sends, until it closes its side; throws when it resets the stream. Read it, or the connection stops. */
  readonly data: AsyncIterable<Uint8Array>;
  /** Resolves when the connection can take more. Dropped after `end`. */
  write(data: Uint8Array): Promise<void>;
  /** Closes our side. */
  end(): Promise<void>;
  /** Ends the stream at once. */
  reset(): void;
}

/**
 * The server's end of a SPDY/3.1 connection, as the Kubernetes clients use it: they open streams and never grant window,
 * so what is sent is bounded by the socket alone, and what is received by pausing the socket.
 */
export class SpdySession {
  /** Streams in the order in which they were opened, replied to already. */
  readonly streams: AsyncIterable<SpdyStream>;
  /** Resolves when the connection is over. */
  readonly closed: Promise<void>;
  readonly #socket: Duplex;
  readonly #codec = new HeaderCodec(streamLimits.spdyHeaderBytesMax);
  readonly #opened = new ByteQueue<SpdyStream>(streamLimits.spdyStreamsMax);
  readonly #streams = new Map<number, OpenStream>();
  #lastId = 0;

  constructor(socket: Duplex, head: Uint8Array) {
    this.#socket = socket;
    this.streams = this.#opened;
    socket.on('error', () => undefined);
    this.closed = this.#run(head).finally(() => this.#finish());
  }

  /** Says goodbye, sends what is buffered and closes. */
  close(): void {
    if (!this.#socket.writable) return;
    this.#socket.end(controlFrame(frameTypes.goAway, 0, this.#lastId, 0));
  }

  /** Closes at once. */
  destroy(): void {
    this.#socket.destroy();
  }

  async #run(head: Uint8Array): Promise<void> {
    const reader = new FrameReader(streamLimits.messageBytesMax);
    try {
      for (const frame of reader.read(head)) await this.#take(frame);
      for await (const chunk of this.#socket) {
        // Each chunk is dealt with before the next is read: a slow consumer of one stream holds up the socket.
        for (const frame of reader.read(chunk as Buffer)) await this.#take(frame);
      }
    } catch {
      // A broken connection and bytes that are not SPDY end alike: the streams say so to their readers.
      this.#socket.destroy();
    }
  }

  async #take(frame: Frame): Promise<void> {
    const { type, streamId, payload } = frame;
    if (type === frameTypes.synStream) await this.#open(frame);
    else if (type === 0) await this.#streams.get(streamId)?.receive(payload, (frame.flags & flagFin) !== 0);
    else if (type === frameTypes.headers || type === frameTypes.synReply) await this.#codec.decode(payload.subarray(4));
    else if (type === frameTypes.rstStream) this.#streams.get(streamId)?.fail(new SpdyProtocolError('the client reset the stream'));
    else if (type === frameTypes.ping) await this.#send(controlFrame(frameTypes.ping, 0, payload.subarray(0, 4)));
    else if (type === frameTypes.goAway) this.#opened.end();
  }

  async #open(frame: Frame): Promise<void> {
    if (frame.payload.length < 10) throw new SpdyProtocolError('a stream was opened without its header');
    const headers = await this.#codec.decode(frame.payload.subarray(10));
    const id = frame.streamId;
    if (id % 2 === 0 || id <= this.#lastId) throw new SpdyProtocolError(`stream ${id} cannot be opened`);
    this.#lastId = id;
    if (this.#streams.size >= streamLimits.spdyStreamsMax) {
      await this.#send(controlFrame(frameTypes.rstStream, 0, id, resetRefused));
      return;
    }
    const stream = new OpenStream(id, headers, (bytes) => this.#send(bytes), () => this.#streams.delete(id));
    this.#streams.set(id, stream);
    await this.#send(controlFrame(frameTypes.synReply, 0, id, await this.#codec.encode({ ':status': '200', ':version': 'HTTP/1.1' })));
    if ((frame.flags & flagFin) !== 0) await stream.receive(Buffer.alloc(0), true);
    await this.#opened.push(stream, 1);
  }

  /** Writes whole frames; resolves when the socket can take more. */
  #send(frame: Buffer): Promise<void> {
    const socket = this.#socket;
    if (!socket.writable) return Promise.resolve();
    if (socket.write(frame)) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        socket.off('drain', done);
        socket.off('close', done);
        resolve();
      };
      socket.on('drain', done);
      socket.on('close', done);
    });
  }

  #finish(): void {
    for (const stream of this.#streams.values()) stream.fail(new SpdyProtocolError('the connection was lost'));
    this.#opened.end();
    this.#codec.close();
    this.#socket.destroy();
  }
}

class OpenStream implements SpdyStream {
  readonly id: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly data: ByteQueue<Uint8Array>;
  readonly #send: (frame: Buffer) => Promise<void>;
  readonly #forget: () => void;
  #sentFin = false;
  #receivedFin = false;

  constructor(id: number, headers: ReadonlyMap<string, string>, send: (frame: Buffer) => Promise<void>, forget: () => void) {
    this.id = id;
    this.headers = headers;
    this.data = new ByteQueue(streamLimits.queuedInputBytesMax);
    this.#send = send;
    this.#forget = forget;
  }

  async write(data: Uint8Array): Promise<void> {
    for (let at = 0; at < data.length && !this.#sentFin; at += streamLimits.messageBytesMax) {
      await this.#send(dataFrame(this.id, data.subarray(at, at + streamLimits.messageBytesMax), false));
    }
  }

  async end(): Promise<void> {
    if (this.#sentFin) return;
    this.#sentFin = true;
    this.#forgetIfDone();
    await this.#send(dataFrame(this.id, Buffer.alloc(0), true));
  }

  reset(): void {
    if (this.#sentFin && this.#receivedFin) return;
    this.fail(new SpdyProtocolError('the stream was reset'));
    void this.#send(controlFrame(frameTypes.rstStream, 0, this.id, resetCancel));
  }

  async receive(data: Buffer, fin: boolean): Promise<void> {
    if (this.#receivedFin) return;
    if (fin) this.#receivedFin = true;
    // Copied: the frame's buffer is a view of the socket's.
    const room = data.length > 0 ? this.data.push(Uint8Array.from(data), data.length) : undefined;
    if (fin) {
      this.data.end();
      this.#forgetIfDone();
    }
    await room;
  }

  fail(error: Error): void {
    this.#receivedFin = true;
    this.#sentFin = true;
    this.data.end(error);
    this.#forget();
  }

  #forgetIfDone(): void {
    if (this.#sentFin && this.#receivedFin) this.#forget();
  }
}

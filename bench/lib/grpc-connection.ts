/**
 * A gRPC client that costs little: it shares the cores with the server that is measured, so what it uses is missing there. It sends fixed
 * headers, writes many frames with one system call and never reads headers: a call that brought a message succeeded, one that ended
 * without has failed. Plain text, one connection.
 */
import { connect, type Socket } from 'node:net';
import { flags, frame, frameHeaderBytes, frameTypes, headerBlock, settings, uint32, windowMax } from './frames.ts';

/** Data taken before the server is told that there is room again. */
const windowStep = 1 << 24;

/** The part of a generated method that is used here. */
export interface CallMethod<Q, R> {
  readonly path: string;
  readonly requestSerialize: (value: Q) => Buffer;
  readonly responseDeserialize: (value: Buffer) => R;
}

interface Call {
  readonly onMessage: (message: Buffer) => void;
  readonly onEnd: (error: Error | undefined) => void;
  parts: Buffer[];
  bytes: number;
  hasMessage: boolean;
  taken: number;
  sendWindow: number;
}

export interface OpenStream<Q> {
  write(request: Q): void;
}

export class GrpcConnection {
  readonly #socket: Socket;
  readonly #authority: string;
  readonly #calls = new Map<number, Call>();
  readonly #blocks = new Map<string, Buffer>();
  #nextStream = 1;
  #out: Buffer[] = [];
  #rest: Buffer | undefined;
  #taken = 0;
  #sendWindow = 65_535;
  #streamWindow = 65_535;
  #frameMax = 16_384;
  /** Data that waits for the server's window, in order. */
  #blocked: Array<{ readonly id: number; readonly data: Buffer; readonly end: boolean }> = [];

  private constructor(socket: Socket, authority: string) {
    this.#socket = socket;
    this.#authority = authority;
    socket.setNoDelay(true);
    socket.on('data', (bytes: Buffer) => this.#take(bytes));
    socket.on('close', () => this.#fail(new Error(`${authority} closed the connection`)));
    // No dynamic header table, no push, wide windows, large frames.
    const own = settings({ 1: 0, 2: 0, 4: windowMax, 5: 1 << 20 });
    socket.write(Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), frame(frameTypes.settings, 0, 0, own), frame(frameTypes.windowUpdate, 0, 0, uint32(windowMax - 65_535))]));
  }

  /** To `host:port`. */
  static open(endpoint: string): Promise<GrpcConnection> {
    const [host = '', port = ''] = endpoint.split(':');
    return new Promise((done, reject) => {
      const socket = connect(Number(port), host);
      socket.once('error', reject);
      socket.once('connect', () => done(new GrpcConnection(socket, endpoint)));
    });
  }

  /** One request, one reply. */
  async call<Q, R>(method: CallMethod<Q, R>, request: Q): Promise<R> {
    return method.responseDeserialize(await this.callBytes(method.path, method.requestSerialize(request)));
  }

  /** The same in bytes. */
  callBytes(path: string, request: Uint8Array): Promise<Buffer> {
    return new Promise((done, reject) => {
      let reply: Buffer | undefined;
      const onEnd = (error: Error | undefined): void => (reply === undefined ? reject(error ?? new Error(`${path} ended without a reply`)) : done(reply));
      this.#send(this.#open(path, { onMessage: (message) => (reply = message), onEnd }), request, true);
    });
  }

  /** A stream both ways; what comes back arrives in bytes. */
  stream<Q>(method: CallMethod<Q, unknown>, onMessage: (message: Buffer) => void, onEnd: (error: Error | undefined) => void): OpenStream<Q> {
    const id = this.#open(method.path, { onMessage, onEnd });
    return { write: (request) => this.#send(id, method.requestSerialize(request), false) };
  }

  close(): void {
    this.#socket.destroy();
  }

  #open(path: string, handlers: Pick<Call, 'onMessage' | 'onEnd'>): number {
    let block = this.#blocks.get(path);
    if (block === undefined) this.#blocks.set(path, (block = headerBlock(path, this.#authority)));
    const id = this.#nextStream;
    this.#nextStream += 2;
    this.#calls.set(id, { ...handlers, parts: [], bytes: 0, hasMessage: false, taken: 0, sendWindow: this.#streamWindow });
    this.#write(frame(frameTypes.headers, flags.endHeaders, id, block));
    return id;
  }

  #send(id: number, message: Uint8Array, end: boolean): void {
    const data = Buffer.allocUnsafe(5 + message.length);
    data[0] = 0;
    data.writeUInt32BE(message.length, 1);
    data.set(message, 5);
    this.#blocked.push({ id, data, end });
    if (this.#blocked.length === 1) this.#unblock();
  }

  #unblock(): void {
    for (let next = this.#blocked[0]; next !== undefined; next = this.#blocked[0]) {
      const call = this.#calls.get(next.id);
      const room = call === undefined ? 0 : Math.min(next.data.length, this.#sendWindow, call.sendWindow, this.#frameMax);
      if (call !== undefined && room <= 0) return;
      this.#blocked.shift();
      if (call === undefined) continue;
      const isAll = room === next.data.length;
      this.#write(frame(frameTypes.data, isAll && next.end ? flags.endStream : 0, next.id, next.data.subarray(0, room)));
      this.#sendWindow -= room;
      call.sendWindow -= room;
      if (!isAll) this.#blocked.unshift({ ...next, data: next.data.subarray(room) });
    }
  }

  #write(bytes: Buffer): void {
    this.#out.push(bytes);
    if (this.#out.length > 1) return;
    setImmediate(() => {
      const all = this.#out;
      this.#out = [];
      this.#socket.write(all.length === 1 ? (all[0] as Buffer) : Buffer.concat(all));
    });
  }

  #take(chunk: Buffer): void {
    const bytes = this.#rest === undefined ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    while (bytes.length - at >= frameHeaderBytes) {
      const end = at + frameHeaderBytes + bytes.readUIntBE(at, 3);
      if (end > bytes.length) break;
      this.#frame(bytes[at + 3] ?? 0, bytes[at + 4] ?? 0, bytes.readUInt32BE(at + 5) & windowMax, bytes.subarray(at + frameHeaderBytes, end));
      at = end;
    }
    this.#rest = at < bytes.length ? bytes.subarray(at) : undefined;
    if (this.#taken < windowStep) return;
    this.#write(frame(frameTypes.windowUpdate, 0, 0, uint32(this.#taken)));
    this.#taken = 0;
  }

  #frame(type: number, flag: number, id: number, payload: Buffer): void {
    if (type === frameTypes.data) this.#data(id, flag, payload);
    else if (type === frameTypes.headers && (flag & flags.endStream) !== 0) this.#end(id, `refused: ${printable(payload)}`);
    else if (type === frameTypes.reset) this.#end(id, `reset with code ${payload.readUInt32BE(0)}`);
    else if (type === frameTypes.settings && (flag & flags.ack) === 0) this.#settings(payload);
    else if (type === frameTypes.ping && (flag & flags.ack) === 0) this.#write(frame(frameTypes.ping, flags.ack, 0, payload));
    else if (type === frameTypes.windowUpdate) this.#widen(id, payload.readUInt32BE(0));
  }

  #data(id: number, flag: number, payload: Buffer): void {
    this.#taken += payload.length;
    const call = this.#calls.get(id);
    if (call === undefined) return;
    call.taken += payload.length;
    const padded = (flag & flags.padded) !== 0;
    call.parts.push(padded ? payload.subarray(1, payload.length - (payload[0] ?? 0)) : payload);
    call.bytes += (call.parts[call.parts.length - 1] as Buffer).length;
    messagesOf(call);
    if (call.taken > windowMax / 2) {
      this.#write(frame(frameTypes.windowUpdate, 0, id, uint32(call.taken)));
      call.taken = 0;
    }
    if ((flag & flags.endStream) !== 0) this.#end(id, 'ended early');
  }

  #settings(payload: Buffer): void {
    for (let at = 0; at + 6 <= payload.length; at += 6) {
      const value = payload.readUInt32BE(at + 2);
      if (payload.readUInt16BE(at) === 4) {
        for (const call of this.#calls.values()) call.sendWindow += value - this.#streamWindow;
        this.#streamWindow = value;
      } else if (payload.readUInt16BE(at) === 5) this.#frameMax = value;
    }
    this.#write(frame(frameTypes.settings, flags.ack, 0, Buffer.alloc(0)));
    this.#unblock();
  }

  #widen(id: number, by: number): void {
    const call = this.#calls.get(id);
    if (id === 0) this.#sendWindow += by;
    else if (call !== undefined) call.sendWindow += by;
    this.#unblock();
  }

  #end(id: number, reason: string): void {
    const call = this.#calls.get(id);
    this.#calls.delete(id);
    call?.onEnd(call.hasMessage ? undefined : new Error(`${this.#authority}: ${reason}`));
  }

  #fail(error: Error): void {
    for (const call of this.#calls.values()) call.onEnd(error);
    this.#calls.clear();
  }
}

/** Hands on the messages that are complete. */
function messagesOf(call: Call): void {
  while (call.bytes >= 5) {
    if ((call.parts[0] as Buffer).length < 5) call.parts = [Buffer.concat(call.parts)];
    const end = (call.parts[0] as Buffer).readUInt32BE(1) + 5;
    if (call.bytes < end) return;
    if ((call.parts[0] as Buffer).length < end) call.parts = [Buffer.concat(call.parts)];
    const first = call.parts[0] as Buffer;
    call.bytes -= end;
    if (first.length > end) call.parts[0] = first.subarray(end);
    else call.parts.shift();
    call.hasMessage = true;
    call.onMessage(first.subarray(5, end));
  }
}

const printable = (bytes: Buffer): string => bytes.toString('latin1').replaceAll(/[^\x20-\x7e]+/g, '.').slice(0, 160);

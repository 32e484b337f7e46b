import type { Duplex } from 'node:stream';
import type { Clock, Timer } from '@rhythm/base';
import { status } from '@grpc/grpc-js';
import { GrpcError } from '../error.ts';
import { LeanCall, type CallPort } from './call.ts';
import { LeanContext, type ConnectionPeer } from './context.ts';
import { FrameReader, type FrameHandler } from './frame-reader.ts';
import { ConnectionError, errorCodes, frameBytesDefault, frameBytesLargest, initialWindow, settingIds, windowMax } from './frames.ts';
import { headerListBytesMax, HpackDecoder, type Headers } from './hpack.ts';
import type { LeanMethod } from './methods.ts';
import { Outgoing } from './outgoing.ts';
import { failureBlock, openingBlock, plainBlock, successBlock, unimplemented } from './status-headers.ts';

/** The window of each stream, and its share that is used up before we widen it again. */
const streamWindow = 1024 * 1024;
/** The window of the whole connection. */
const connectionWindow = 16 * 1024 * 1024;
/** Bytes in memory of one connection that wait for a handler or for the rest of their message. */
const heldBytesMax = 64 * 1024 * 1024;
/** A silent peer must answer a ping within this time. */
const pingTimeoutMs = 5_000;
const messageHeadBytes = 5;
const pingPayload = Buffer.alloc(8);

export interface ConnectionOptions {
  readonly methods: ReadonlyMap<string, LeanMethod>;
  readonly receiveBytesMax: number;
  readonly streamsMax: number;
  /** 0: never pings. */
  readonly keepaliveMs: number;
  readonly clock: Pick<Clock, 'setTimer'>;
  readonly peer: ConnectionPeer;
}

/** One caller's connection: its frames, its windows, its calls. */
export class Connection implements CallPort, FrameHandler {
  readonly receiveBytesMax: number;
  readonly closed: Promise<void>;
  readonly #socket: Duplex;
  readonly #options: ConnectionOptions;
  readonly #decoder = new HpackDecoder();
  readonly #outgoing: Outgoing;
  readonly #calls = new Map<number, LeanCall>();
  readonly #blocked = new Set<LeanCall>();
  #sendWindow = initialWindow;
  #streamSendWindow = initialWindow;
  #peerFrameBytes = frameBytesDefault;
  #lastStream = 0;
  #running = 0;
  #held = 0;
  #owed = 0;
  #isLeaving = false;
  #heard = true;
  #timer: Timer | undefined;

  constructor(socket: Duplex, options: ConnectionOptions) {
    this.#socket = socket;
    this.#options = options;
    this.receiveBytesMax = options.receiveBytesMax;
    this.#outgoing = new Outgoing(socket, () => this.#pumpAll());
    const reader = new FrameReader(this);
    this.closed = new Promise((resolve) => socket.once('close', () => (this.#onClose(), resolve())));
    socket.on('error', () => undefined);
    socket.on('end', () => socket.end());
    socket.on('data', (bytes: Buffer) => {
      this.#heard = true;
      try {
        reader.take(bytes);
      } catch (error) {
        this.#break(error instanceof ConnectionError ? error : new ConnectionError(errorCodes.internal, String(error)));
      }
    });
    this.#outgoing.settings([[settingIds.initialWindow, streamWindow], [settingIds.streamsMax, options.streamsMax], [settingIds.headerListBytesMax, headerListBytesMax]]);
    this.#outgoing.window(0, connectionWindow - initialWindow);
    this.#watchLater(options.keepaliveMs);
  }

  /** Takes no new calls; the connection ends when those it has are over. */
  leave(): void {
    if (this.#isLeaving) return;
    this.#isLeaving = true;
    this.#outgoing.goAway(this.#lastStream, errorCodes.none);
    this.#endIfDone();
  }

  /** Ends every call now, saying so. */
  abort(): void {
    for (const call of Array.from(this.#calls.values())) call.fail(new GrpcError(status.UNAVAILABLE, 'the server stops'));
    this.#outgoing.flush();
  }

  onHeaders(id: number, block: Buffer, isLast: boolean): void {
    const headers = this.#decoder.decode(block);
    const known = this.#calls.get(id);
    if (known !== undefined) {
      if (!isLast) throw new ConnectionError(errorCodes.protocol, 'a second block of headers');
      known.end();
      return;
    }
    // Of a call that is over.
    if (id <= this.#lastStream) return;
    if (id % 2 === 0) throw new ConnectionError(errorCodes.protocol, 'a stream of the caller has an odd number');
    this.#lastStream = id;
    if (this.#isLeaving || this.#calls.size >= this.#options.streamsMax || this.#running >= this.#options.streamsMax) this.#outgoing.reset(id, errorCodes.refused);
    else this.#open(id, headers, isLast);
  }

  onData(id: number, bytes: Buffer, cost: number, isLast: boolean): void {
    this.#owed += cost;
    if (this.#owed > connectionWindow) throw new ConnectionError(errorCodes.flowControl, 'more than the window of the connection');
    if (this.#owed >= connectionWindow / 2) {
      this.#outgoing.window(0, this.#owed);
      this.#owed = 0;
    }
    const call = this.#calls.get(id);
    if (call === undefined) {
      if (id > this.#lastStream) throw new ConnectionError(errorCodes.protocol, 'data of a stream that does not exist');
      return;
    }
    call.receive(bytes, cost);
    if (isLast) call.end();
  }

  onReset(id: number): void {
    this.#calls.get(id)?.cancel();
    this.#forget(id);
  }

  onSetting(id: number, value: number): void {
    if (id === settingIds.initialWindow) {
      if (value > windowMax) throw new ConnectionError(errorCodes.flowControl, 'a window that is too large');
      for (const call of this.#calls.values()) call.sendWindow += value - this.#streamSendWindow;
      this.#streamSendWindow = value;
    } else if (id === settingIds.frameBytesMax) {
      if (value < frameBytesDefault || value > frameBytesLargest) throw new ConnectionError(errorCodes.protocol, 'a frame size out of range');
      this.#peerFrameBytes = value;
    }
  }

  onSettingsEnd(): void {
    this.#outgoing.acknowledgeSettings();
    this.#pumpAll();
  }

  onPing(payload: Buffer): void {
    this.#outgoing.ping(payload, true);
  }

  onWindow(id: number, by: number): void {
    if (id === 0) {
      this.#sendWindow += by;
      if (by === 0 || this.#sendWindow > windowMax) throw new ConnectionError(errorCodes.flowControl, 'a window that is too large');
      this.#pumpAll();
      return;
    }
    const call = this.#calls.get(id);
    if (call === undefined) return;
    call.sendWindow += by;
    if (by === 0 || call.sendWindow > windowMax) {
      this.onReset(id);
      this.#outgoing.reset(id, errorCodes.flowControl);
    } else if (this.#blocked.has(call)) this.pump(call);
  }

  pump(call: LeanCall): void {
    if (call.isOver) return;
    const { outbox } = call;
    if (!call.hasOpened) this.#sendHeaders(call, openingBlock, false);
    while (outbox.length > 0 && this.#sendPart(call));
    if (outbox.length > 0) this.#blocked.add(call);
    else this.#blocked.delete(call);
    if (outbox.length === 0 && call.isEnding) this.#sendTrailers(call, successBlock);
    else call.drained();
  }

  sendFailure(call: LeanCall, error: GrpcError): void {
    this.#sendTrailers(call, failureBlock(error, !call.hasOpened));
  }

  credit(call: LeanCall, bytes: number): void {
    this.#outgoing.window(call.id, bytes);
  }

  hold(bytes: number): boolean {
    this.#held += bytes;
    return this.#held <= heldBytesMax;
  }

  running(by: 1 | -1): void {
    this.#running += by;
  }

  #open(id: number, headers: Headers, isLast: boolean): void {
    const header = (name: string): string => headers.find((one) => one[0] === name)?.[1] ?? '';
    const path = header(':path');
    const method = this.#options.methods.get(path);
    const isPost = header(':method') === 'POST';
    if (!isPost || !header('content-type').startsWith('application/grpc')) this.#refuse(id, plainBlock(isPost ? 415 : 405), isLast);
    else if (method === undefined) this.#refuse(id, failureBlock(unimplemented(`The server does not implement the method ${path}`), true), isLast);
    else {
      const call = new LeanCall(id, this.#streamSendWindow, this, method, new LeanContext(headers, this.#options.peer));
      this.#calls.set(id, call);
      // Headers now, not with the first message: the caller of a stream learns that it stands.
      if (method.handler.kind === 'bidi') this.#sendHeaders(call, openingBlock, false);
      call.begin();
      if (isLast) call.end();
    }
  }

  #refuse(id: number, block: Buffer, isLast: boolean): void {
    this.#outgoing.headers(id, block, true);
    if (!isLast) this.#outgoing.reset(id, errorCodes.none);
  }

  /** Sends the next frame of a call's first message; false when a window is closed. */
  #sendPart(call: LeanCall): boolean {
    const message = call.outbox[0] as Uint8Array;
    const head = call.outboxAt === -1 ? messageHeadBytes : 0;
    const from = Math.max(0, call.outboxAt);
    const { room } = this.#outgoing;
    const size = Math.min(message.length - from + head, this.#sendWindow, call.sendWindow, this.#peerFrameBytes, room);
    if (size < Math.max(1, head)) {
      this.#outgoing.isAwaited ||= room < messageHeadBytes;
      return false;
    }
    const to = from + size - head;
    this.#outgoing.data(call.id, from === 0 && to === message.length ? message : message.subarray(from, to), size, head > 0 ? message.length : undefined);
    this.#sendWindow -= size;
    call.sendWindow -= size;
    call.outboxBytes -= size;
    if (to < message.length) call.outboxAt = to;
    else {
      call.outbox.shift();
      call.outboxAt = -1;
    }
    return true;
  }

  #sendHeaders(call: LeanCall, block: Buffer, isLast: boolean): void {
    call.hasOpened = true;
    this.#outgoing.headers(call.id, block, isLast);
  }

  #sendTrailers(call: LeanCall, block: Buffer): void {
    this.#sendHeaders(call, block, true);
    // The caller need not go on sending to a call that is over.
    if (!call.hasCallerEnded) this.#outgoing.reset(call.id, errorCodes.none);
    call.done();
    this.#forget(call.id);
  }

  #forget(id: number): void {
    const call = this.#calls.get(id);
    if (call === undefined) return;
    this.#calls.delete(id);
    this.#blocked.delete(call);
    this.#endIfDone();
  }

  /** After the peer broke the rules: says which, and ends. */
  #break(error: ConnectionError): void {
    this.#outgoing.goAway(this.#lastStream, error.code);
    this.#outgoing.flush();
    this.#socket.end(() => this.#socket.destroy());
    this.#cancelAll();
  }

  /** Lets every call that waits send; one that goes on waiting is the last next time. */
  #pumpAll(): void {
    this.#outgoing.isAwaited = false;
    for (const call of Array.from(this.#blocked)) {
      this.#blocked.delete(call);
      this.pump(call);
    }
  }

  #endIfDone(): void {
    if (!this.#isLeaving || this.#calls.size > 0) return;
    this.#outgoing.flush();
    this.#socket.end();
  }

  #onClose(): void {
    this.#timer?.cancel();
    this.#cancelAll();
  }

  #cancelAll(): void {
    for (const call of Array.from(this.#calls.values())) call.cancel();
    this.#calls.clear();
    this.#blocked.clear();
  }

  #watchLater(ms: number): void {
    if (this.#options.keepaliveMs === 0) return;
    this.#timer = this.#options.clock.setTimer(ms, () => {
      if (this.#heard) {
        this.#heard = false;
        this.#watchLater(this.#options.keepaliveMs);
        return;
      }
      this.#outgoing.ping(pingPayload, false);
      this.#timer = this.#options.clock.setTimer(pingTimeoutMs, () => (this.#heard ? this.#watchLater(this.#options.keepaliveMs) : this.#socket.destroy()));
    });
  }
}

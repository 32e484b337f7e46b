import type { Duplex } from 'node:stream';
import { status } from '@grpc/grpc-js';
import type { Clock } from '@rhythm/base';
import { GrpcError } from '../error.ts';
import { admit, refused } from './admission.ts';
import { Backlog } from './backlog.ts';
import { LeanCall, streamWindow } from './call.ts';
import type { CallPort } from './call-port.ts';
import type { ConnectionOptions } from './connection-options.ts';
import { LeanContext } from './context.ts';
import { FrameReader, type FrameHandler } from './frame-reader.ts';
import { ConnectionError, errorCodes, expectOfCaller, frameBytesDefault, frameBytesLargest, initialWindow, settingIds, windowMax } from './frames.ts';
import { headerListBytesMax, HpackDecoder, type Headers } from './hpack.ts';
import { KeepAlive } from './keep-alive.ts';
import { Outgoing } from './outgoing.ts';
import { ReceiveWindow } from './receive-window.ts';
import { areTrailers } from './request-head.ts';
import { Sender } from './sender.ts';
import { failureBlock } from './status-headers.ts';
import { Strikes } from './strikes.ts';

/** Bytes in memory of one connection that wait for a handler or for the rest of their message. */
const heldBytesMax = 64 * 1024 * 1024;
/** Handlers that may go on running for callers who have left them; beyond it new calls are refused. */
const abandonedMax = 1_000;
/** What a change of the peer's settings costs us, in strikes: every call is looked at. */
const settingsStrikes = 100;
/** Strikes that a call forgives when it ends, and each frame of data that we send: callers answer those with frames of their own. */
const forgivenFor = 2;

/** One caller's connection: its frames, its windows, its calls. */
export class Connection implements CallPort, FrameHandler {
  readonly receiveBytesMax: number;
  readonly clock: Pick<Clock, 'setTimer'>;
  readonly backlog = new Backlog();
  readonly closed: Promise<void>;
  readonly #socket: Duplex;
  readonly #options: ConnectionOptions;
  readonly #decoder = new HpackDecoder();
  readonly #outgoing: Outgoing;
  readonly #sender: Sender;
  readonly #window: ReceiveWindow;
  readonly #strikes: Strikes;
  readonly #keepAlive: KeepAlive;
  readonly #calls = new Map<number, LeanCall>();
  #streamWindow = initialWindow;
  #lastStream = 0;
  /** What the farewell said; the number may not grow any more (RFC 9113, 6.8). */
  #lastTaken: number | undefined;
  #running = 0;
  #abandoned = 0;
  #held = 0;
  #isLeaving = false;
  #isBroken = false;

  constructor(socket: Duplex, options: ConnectionOptions) {
    this.#socket = socket;
    this.#options = options;
    this.receiveBytesMax = options.receiveBytesMax;
    this.clock = options.clock;
    this.#strikes = new Strikes(options.clock);
    this.#outgoing = new Outgoing(socket, () => this.#sender.pumpBlocked(), () => this.#strikes.forgive(forgivenFor));
    this.#sender = new Sender(this.#outgoing, this.backlog, (call) => this.#onDone(call));
    this.#window = new ReceiveWindow((by) => this.#outgoing.window(0, by));
    this.#keepAlive = new KeepAlive(socket, options.clock, options.keepaliveMs, () => this.#outgoing.ping(Buffer.alloc(8), false));
    const reader = new FrameReader(this);
    this.closed = new Promise((resolve) => socket.once('close', () => (this.#onClose(), resolve())));
    socket.on('error', () => undefined);
    socket.on('end', () => socket.end());
    socket.on('data', (bytes: Buffer) => {
      // What comes after the farewell is read, so that the peer gets to read the farewell, and forgotten.
      if (this.#isBroken) return;
      this.#keepAlive.heard();
      try {
        reader.take(bytes);
      } catch (error) {
        this.#break(error instanceof ConnectionError ? error : new ConnectionError(errorCodes.internal, String(error)));
      }
    });
    this.#outgoing.settings([[settingIds.initialWindow, streamWindow], [settingIds.streamsMax, options.streamsMax], [settingIds.headerListBytesMax, headerListBytesMax]]);
    this.#window.open();
  }

  /** Takes no new calls; the connection ends when those it has are over. */
  leave(): void {
    if (this.#isLeaving) return;
    this.#isLeaving = true;
    this.#lastTaken = this.#lastStream;
    this.#outgoing.goAway(this.#lastTaken, errorCodes.none);
    this.#endIfDone();
  }

  /** Ends every call now, saying so. */
  abort(): void {
    for (const call of Array.from(this.#calls.values())) call.fail(new GrpcError(status.UNAVAILABLE, 'the server stops'));
    this.#outgoing.flush();
  }

  onHeaders(id: number, block: Buffer, isLast: boolean): void {
    const headers = this.#decoder.decode(block);
    expectOfCaller(id);
    const known = this.#calls.get(id);
    if (known !== undefined) this.#onTrailers(known, headers, isLast);
    else if (id > this.#lastStream) this.#onCall(id, headers, isLast);
    else {
      // The trailers of a call that is over may still come; a second call of the same number may not.
      if (headers !== undefined && !areTrailers(headers)) throw new ConnectionError(errorCodes.streamClosed, 'a call on a stream that is closed');
      this.#strikes.add();
    }
  }

  onData(id: number, bytes: Buffer, cost: number, isLast: boolean): void {
    this.#expectOpened(id);
    this.#window.spend(cost);
    const call = this.#calls.get(id);
    if (call === undefined || (bytes.length === 0 && !isLast)) this.#strikes.add();
    if (call !== undefined) this.#take(call, bytes, cost, isLast);
  }

  onMoreData(id: number, bytes: Buffer, isLast: boolean): void {
    this.#window.spend(bytes.length);
    const call = this.#calls.get(id);
    if (call !== undefined) this.#take(call, bytes, bytes.length, isLast);
  }

  onReset(id: number): void {
    this.#expectOpened(id);
    this.#strikes.add();
    const call = this.#calls.get(id);
    call?.cancel();
    if (call !== undefined) this.#forget(call);
  }

  onIdleFrame(): void {
    this.#strikes.add();
  }

  onSetting(id: number, value: number): void {
    if (id === settingIds.enablePush && value > 1) throw new ConnectionError(errorCodes.protocol, 'a setting that is no boolean');
    if (id === settingIds.initialWindow) {
      if (value > windowMax) throw new ConnectionError(errorCodes.flowControl, 'a window that is too large');
      this.#streamWindow = value;
    } else if (id === settingIds.frameBytesMax) {
      if (value < frameBytesDefault || value > frameBytesLargest) throw new ConnectionError(errorCodes.protocol, 'a frame size out of range');
      this.#sender.frameBytes = value;
    }
  }

  /** Windows change once for a frame of settings, however many words about it the frame has. */
  onSettingsEnd(): void {
    this.#keepAlive.begun();
    this.#strikes.add(settingsStrikes);
    this.#outgoing.acknowledgeSettings();
    this.#sender.setStreamWindow(this.#streamWindow, this.#calls.values());
  }

  onPing(payload: Buffer): void {
    this.#strikes.add();
    this.#outgoing.ping(payload, true);
  }

  onWindow(id: number, by: number): void {
    if (id === 0) {
      if (by === 0) throw new ConnectionError(errorCodes.protocol, 'a window that does not change');
      this.#strikes.add();
      this.#sender.widen(by);
      return;
    }
    this.#expectOpened(id);
    const call = this.#calls.get(id);
    if (call === undefined) return this.#strikes.add();
    call.sendWindow += by;
    if (by === 0) this.#resetCall(call, errorCodes.protocol);
    else if (call.sendWindow > windowMax) this.#resetCall(call, errorCodes.flowControl);
    else if (call.outbox.length > 0) this.#sender.pump(call);
  }

  pump(call: LeanCall): void {
    this.#sender.pump(call);
  }

  sendFailure(call: LeanCall, error: GrpcError): void {
    this.#sender.end(call, failureBlock(error, !call.hasOpened));
  }

  credit({ id }: LeanCall, bytes: number): void {
    this.#outgoing.window(id, bytes);
  }

  hold(bytes: number): boolean {
    this.#held += bytes;
    return this.#held <= heldBytesMax;
  }

  running(by: 1 | 0 | -1, abandoned: 1 | 0 | -1): void {
    this.#running += by;
    this.#abandoned += abandoned;
  }

  #take(call: LeanCall, bytes: Buffer, cost: number, isLast: boolean): void {
    if (call.hasCallerEnded) this.#resetCall(call, errorCodes.streamClosed);
    else if (!call.spend(cost)) this.#resetCall(call, errorCodes.flowControl);
    else {
      call.receive(bytes, isLast);
      if (isLast) call.end();
    }
  }

  #onTrailers(call: LeanCall, headers: Headers | undefined, isLast: boolean): void {
    if (call.hasCallerEnded) this.#resetCall(call, errorCodes.streamClosed);
    else if (!isLast || (headers !== undefined && !areTrailers(headers))) this.#resetCall(call, errorCodes.protocol);
    else call.end();
  }

  #onCall(id: number, headers: Headers | undefined, isLast: boolean): void {
    const { streamsMax } = this.#options;
    this.#lastStream = id;
    if (this.#isLeaving || this.#calls.size >= streamsMax || this.#running >= streamsMax || this.#abandoned >= abandonedMax) {
      this.#strikes.add();
      this.#outgoing.reset(id, errorCodes.refused);
      return;
    }
    const admission = admit(headers, this.#options.methods);
    if (admission.kind === 'malformed') {
      this.#strikes.add();
      this.#outgoing.reset(id, errorCodes.protocol);
    } else if (admission.kind === 'refused') this.#refuse(id, admission.block, isLast);
    else if (this.backlog.isFull) this.#refuse(id, refused(new GrpcError(status.RESOURCE_EXHAUSTED, 'too many replies of this connection wait to be read')).block, isLast);
    else {
      const call = new LeanCall(id, this.#sender.streamWindow, this, admission.method, new LeanContext(admission.headers, this.#options.peer), admission.encoding);
      this.#calls.set(id, call);
      // Headers now, not with the first message: the caller of a stream learns that it stands.
      if (admission.method.handler.kind === 'bidi') this.#sender.open(call);
      call.begin(admission.deadlineMs);
      if (isLast) call.end();
    }
  }

  #refuse(id: number, block: Buffer, isLast: boolean): void {
    this.#strikes.forgive(forgivenFor);
    this.#outgoing.headers(id, block, true);
    if (!isLast) this.#outgoing.reset(id, errorCodes.none);
  }

  /** The caller broke the rules of this stream. */
  #resetCall(call: LeanCall, code: number): void {
    this.#outgoing.reset(call.id, code);
    call.cancel();
    this.#forget(call);
  }

  /** Its trailers were sent. */
  #onDone(call: LeanCall): void {
    this.#strikes.forgive(forgivenFor);
    this.#forget(call);
  }

  #forget(call: LeanCall): void {
    this.#calls.delete(call.id);
    this.#sender.forget(call);
    this.#endIfDone();
  }

  /** Frames may belong to calls that are over, not to calls that never were. */
  #expectOpened(id: number): void {
    expectOfCaller(id);
    if (id > this.#lastStream) throw new ConnectionError(errorCodes.protocol, 'a frame of a stream that does not exist');
  }

  /** After the peer broke the rules: says which, and ends. */
  #break(error: ConnectionError): void {
    this.#isBroken = true;
    this.#outgoing.goAway(this.#lastTaken ?? this.#lastStream, error.code);
    this.#outgoing.flush();
    this.#socket.end(() => this.#socket.destroy());
    this.#socket.resume();
    this.#keepAlive.ending();
    this.#cancelAll();
  }

  #endIfDone(): void {
    if (!this.#isLeaving || this.#calls.size > 0) return;
    this.#outgoing.flush();
    this.#socket.end();
  }

  #onClose(): void {
    this.#keepAlive.stop();
    this.#strikes.stop();
    this.#cancelAll();
  }

  #cancelAll(): void {
    for (const call of Array.from(this.#calls.values())) call.cancel();
    this.#calls.clear();
    this.#sender.clear();
  }
}

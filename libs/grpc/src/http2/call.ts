import { status } from '@grpc/grpc-js';
import { GrpcError } from '../error.ts';
import { untilAborted } from '../handlers.ts';
import type { LeanContext } from './context.ts';
import { unimplemented } from './status-headers.ts';
import type { LeanMethod } from './methods.ts';

/** Bytes that wait for the caller's window; a stream beyond it waits with its next message. */
const outboxBytesMax = 256 * 1024;
/** Messages that the handler has not taken yet, in bytes; beyond it the caller gets no more window. */
const inboxBytesMax = 1024 * 1024;
const headBytes = 5;

/** What a call needs of its connection. */
export interface CallPort {
  readonly receiveBytesMax: number;
  /** Sends what the call has in `outbox`, as far as the windows allow. */
  pump(call: LeanCall): void;
  /** Ends the caller's side too, and forgets the call. */
  sendFailure(call: LeanCall, error: GrpcError): void;
  /** Tells the caller that so many bytes more may come. */
  credit(call: LeanCall, bytes: number): void;
  /** So many bytes more (or less) wait in memory for handlers. False: it is too much. */
  hold(bytes: number): boolean;
  /** A handler begins or ends to run. */
  running(by: 1 | -1): void;
}

/** One stream: messages in, messages out, a status at the end. */
export class LeanCall {
  readonly id: number;
  /** Bytes that the caller will take. */
  sendWindow: number;
  /** The opening headers were sent. */
  hasOpened = false;
  /** Messages not sent yet; the first from `outboxAt` on. */
  readonly outbox: Uint8Array[] = [];
  /** Of the first message in `outbox`: what of its head and body is sent. -1: nothing, not even the head. */
  outboxAt = -1;
  outboxBytes = 0;
  /** The handler is done: trailers follow the last message. */
  isEnding = false;
  /** The status is sent, or nobody wants it any more. */
  isOver = false;
  hasCallerEnded = false;
  readonly #port: CallPort;
  readonly #method: LeanMethod;
  readonly #context: LeanContext;
  #parts: Buffer[] = [];
  #partBytes = 0;
  #inbox: Buffer[] = [];
  #inboxBytes = 0;
  #held = 0;
  #owed = 0;
  #wake: (() => void) | undefined;
  #drain: (() => void) | undefined;

  constructor(id: number, sendWindow: number, port: CallPort, method: LeanMethod, context: LeanContext) {
    this.id = id;
    this.sendWindow = sendWindow;
    this.#port = port;
    this.#method = method;
    this.#context = context;
  }

  /** A handler that takes a stream runs from the start; the others wait for their request. */
  begin(): void {
    const { handler } = this.#method;
    if (handler.kind === 'bidi') this.#run(() => handler.handle(this.#messages(), this.#context));
  }

  /** Data of the caller; `cost` is what it took of the window. */
  receive(bytes: Buffer, cost: number): void {
    if (this.isOver) return;
    this.#owed += cost;
    if (!this.#hold(bytes.length)) {
      this.fail(new GrpcError(status.RESOURCE_EXHAUSTED, 'too many bytes of this connection wait to be handled'));
      return;
    }
    if (bytes.length > 0) this.#parts.push(bytes);
    this.#partBytes += bytes.length;
    while (this.#partBytes >= headBytes && this.#takeMessage());
    this.#giveCredit();
  }

  /** The caller will send no more. */
  end(): void {
    if (this.hasCallerEnded || this.isOver) return;
    this.hasCallerEnded = true;
    this.#wakeUp();
    const { handler } = this.#method;
    if (handler.kind === 'bidi') return;
    const [message] = this.#inbox;
    if (message === undefined || this.#partBytes > 0) this.fail(new GrpcError(status.INTERNAL, 'the call ended without a whole request'));
    else this.#start(message);
  }

  /** The caller is gone, or wants no answer any more. */
  cancel(): void {
    if (this.isOver) return;
    this.#finish();
    this.#context.cancel();
  }

  fail(error: GrpcError): void {
    if (this.isOver) return;
    this.#port.sendFailure(this, error);
    this.#finish();
    this.#context.cancel();
  }

  /** The trailers were sent. */
  done(): void {
    this.#finish();
  }

  /** There is room again for the next message. */
  drained(): void {
    if (this.outboxBytes >= outboxBytesMax) return;
    this.#drain?.();
    this.#drain = undefined;
  }

  #finish(): void {
    this.isOver = true;
    this.#hold(-this.#held);
    this.#parts = [];
    this.#inbox = [];
    this.outbox.length = 0;
    this.#wakeUp();
    this.#drain?.();
    this.#drain = undefined;
  }

  /** Takes one message out of what has come; false when it is not whole. */
  #takeMessage(): boolean {
    const head = this.#joined(headBytes);
    const end = headBytes + head.readUInt32BE(1);
    if (end - headBytes > this.#port.receiveBytesMax) {
      this.fail(new GrpcError(status.RESOURCE_EXHAUSTED, `Received message larger than max (${end - headBytes} vs ${this.#port.receiveBytesMax})`));
      return false;
    }
    if (head[0] !== 0) {
      this.fail(unimplemented('compressed messages are not supported'));
      return false;
    }
    if (this.#partBytes < end) return false;
    const bytes = this.#joined(end);
    this.#partBytes -= end;
    if (bytes.length > end) this.#parts[0] = bytes.subarray(end);
    else this.#parts.shift();
    if (this.#method.handler.kind !== 'bidi' && this.#inbox.length > 0) {
      this.fail(new GrpcError(status.INTERNAL, 'more than one request in a call that takes one'));
      return false;
    }
    this.#inbox.push(bytes.subarray(headBytes, end));
    this.#inboxBytes += end;
    this.#wakeUp();
    return true;
  }

  /** The first part, made at least so long. */
  #joined(length: number): Buffer {
    if ((this.#parts[0] as Buffer).length < length) this.#parts = [Buffer.concat(this.#parts)];
    return this.#parts[0] as Buffer;
  }

  #start(message: Buffer): void {
    let request: unknown;
    try {
      request = this.#method.deserialize(message);
    } catch (error) {
      this.fail(new GrpcError(status.INTERNAL, `the request cannot be read: ${String(error)}`));
      return;
    }
    const { handler } = this.#method;
    if (handler.kind === 'serverStream') this.#run(() => handler.handle(request, this.#context));
    if (handler.kind !== 'unary') return;
    this.#port.running(1);
    attempt(() => handler.handle(request, this.#context)).then(
      (reply) => {
        this.#port.running(-1);
        this.#reply(reply);
      },
      (thrown: unknown) => {
        this.#port.running(-1);
        this.fail(handler.mapError(thrown));
      },
    );
  }

  #reply(reply: unknown): void {
    if (this.isOver) return;
    try {
      const bytes = this.#method.serialize(reply);
      this.outbox.push(bytes);
      this.outboxBytes += bytes.length + headBytes;
    } catch (error) {
      this.fail(new GrpcError(status.INTERNAL, `the reply cannot be written: ${String(error)}`));
      return;
    }
    this.isEnding = true;
    this.#port.pump(this);
  }

  #run(replies: () => AsyncIterable<unknown>): void {
    this.#port.running(1);
    void this.#stream(replies).finally(() => this.#port.running(-1));
  }

  async #stream(replies: () => AsyncIterable<unknown>): Promise<void> {
    try {
      for await (const reply of untilAborted(replies(), this.#context.signal)) {
        const bytes = this.#method.serialize(reply);
        this.outbox.push(bytes);
        this.outboxBytes += bytes.length + headBytes;
        this.#port.pump(this);
        if (this.outboxBytes >= outboxBytesMax && !this.isOver) await new Promise<void>((resolve) => (this.#drain = resolve));
      }
      if (this.isOver) return;
      this.isEnding = true;
      this.#port.pump(this);
    } catch (thrown) {
      this.fail(this.#method.handler.mapError(thrown));
    }
  }

  async *#messages(): AsyncGenerator<unknown> {
    for (;;) {
      const bytes = this.#inbox.shift();
      if (bytes !== undefined) {
        this.#inboxBytes -= bytes.length + headBytes;
        this.#hold(-(bytes.length + headBytes));
        this.#giveCredit();
        yield this.#method.deserialize(bytes);
        continue;
      }
      if (this.hasCallerEnded || this.isOver) return;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  #hold(bytes: number): boolean {
    this.#held += bytes;
    return this.#port.hold(bytes);
  }

  #giveCredit(): void {
    if (this.isOver || this.hasCallerEnded || this.#owed < inboxBytesMax / 2 || this.#inboxBytes >= inboxBytesMax) return;
    this.#port.credit(this, this.#owed);
    this.#owed = 0;
  }

  #wakeUp(): void {
    this.#wake?.();
    this.#wake = undefined;
  }
}

/** Its promise, also when it throws at once. */
function attempt<T>(work: () => Promise<T>): Promise<T> {
  try {
    return work();
  } catch (error) {
    return Promise.reject(error as Error);
  }
}

import { status } from '@grpc/grpc-js';
import type { Timer } from '@rhythm/base';
import { GrpcError } from '../error.ts';
import { untilAborted } from '../handlers.ts';
import type { CallPort } from './call-port.ts';
import type { LeanContext } from './context.ts';
import { MessageReader, type MessageSink } from './message-reader.ts';
import type { LeanMethod } from './methods.ts';
import { unknownEncoding } from './status-headers.ts';

/** Bytes that wait for the caller's window; a stream beyond it waits with its next message. */
const outboxBytesMax = 256 * 1024;
/** Messages that the handler has not taken yet, in bytes; beyond it the caller gets no more window. */
const inboxBytesMax = 1024 * 1024;
/** The window of each stream, and its share that is used up before we widen it again. */
export const streamWindow = 1024 * 1024;
const headBytes = 5;
/** What a message in memory costs beyond its bytes, about. */
const messageOverheadBytes = 128;

/** One stream: messages in, messages out, a status at the end. */
export class LeanCall implements MessageSink {
  readonly id: number;
  /** Bytes that the caller will take. */
  sendWindow: number;
  /** The opening headers were sent. */
  hasOpened = false;
  /** Messages not sent yet; the first from `outboxAt` on. */
  readonly outbox: Uint8Array[] = [];
  /** Of the first message in `outbox`: what of its body is sent. -1: nothing, not even its head. */
  outboxAt = -1;
  outboxBytes = 0;
  /** The handler is done: trailers follow the last message. */
  isEnding = false;
  /** How it ended, when not well. */
  failure: GrpcError | undefined;
  /** The status is sent, or nobody wants it any more. */
  isOver = false;
  hasCallerEnded = false;
  readonly #port: CallPort;
  readonly #method: LeanMethod;
  readonly #context: LeanContext;
  readonly #encoding: string;
  readonly #reader = new MessageReader(this);
  #inbox: Buffer[] = [];
  #inboxBytes = 0;
  #held = 0;
  #owed = 0;
  #isRunning = false;
  #isAbandoned = false;
  #deadline: Timer | undefined;
  #wake: (() => void) | undefined;
  #drain: (() => void) | undefined;

  /** `encoding`: of messages that say that they are compressed. */
  constructor(id: number, sendWindow: number, port: CallPort, method: LeanMethod, context: LeanContext, encoding: string) {
    this.id = id;
    this.sendWindow = sendWindow;
    this.#port = port;
    this.#method = method;
    this.#context = context;
    this.#encoding = encoding;
  }

  /** A handler that takes a stream runs from the start; the others wait for their request. `timeoutMs`: the caller waits no longer. */
  begin(timeoutMs: number | undefined): void {
    if (timeoutMs !== undefined) this.#deadline = this.#port.clock.setTimer(timeoutMs, () => this.fail(new GrpcError(status.DEADLINE_EXCEEDED, 'the deadline of the call has passed')));
    const { handler } = this.#method;
    if (handler.kind === 'bidi') this.#run(() => handler.handle(this.#messages(), this.#context));
  }

  /** What data took of the caller's window; false when there was no such window. */
  spend(cost: number): boolean {
    this.#owed += cost;
    return this.#owed <= streamWindow;
  }

  receive(bytes: Buffer, isLast: boolean): void {
    if (!this.#hold(bytes.length)) {
      this.fail(new GrpcError(status.RESOURCE_EXHAUSTED, 'too many bytes of this connection wait to be handled'));
      return;
    }
    try {
      this.#reader.take(bytes, isLast);
    } catch (error) {
      if (!(error instanceof GrpcError)) throw error;
      this.fail(error);
      return;
    }
    this.#giveCredit();
  }

  onMessageHead(flag: number, length: number): void {
    if (length > this.#port.receiveBytesMax) throw new GrpcError(status.RESOURCE_EXHAUSTED, `Received message larger than max (${length} vs ${this.#port.receiveBytesMax})`);
    if (flag === 0) return;
    if (flag !== 1 || this.#encoding === 'identity') throw new GrpcError(status.INTERNAL, 'a message is compressed, and the call does not say how');
    throw unknownEncoding(this.#encoding);
  }

  onMessage(message: Buffer): void {
    if (this.#method.handler.kind !== 'bidi' && this.#inbox.length > 0) throw new GrpcError(status.INTERNAL, 'more than one request in a call that takes one');
    this.#inbox.push(message);
    this.#inboxBytes += message.length + headBytes;
    if (!this.#hold(messageOverheadBytes)) throw new GrpcError(status.RESOURCE_EXHAUSTED, 'too many messages of this connection wait to be handled');
    this.#wakeUp();
  }

  /** The caller will send no more. */
  end(): void {
    if (this.hasCallerEnded || this.isOver) return;
    this.hasCallerEnded = true;
    if (this.#reader.isAmid) {
      this.fail(new GrpcError(status.INTERNAL, 'the call ended in the middle of a message'));
      return;
    }
    this.#wakeUp();
    if (this.#method.handler.kind === 'bidi') return;
    const [message] = this.#inbox;
    if (message === undefined) this.fail(new GrpcError(status.INTERNAL, 'the call ended without a request'));
    else this.#start(message);
  }

  /** The caller is gone, or wants no answer any more. */
  cancel(): void {
    if (this.isOver) return;
    this.#finish();
    this.#context.cancel();
  }

  /** Ends the call now, whatever still waits to be sent. */
  fail(error: GrpcError): void {
    if (this.isOver) return;
    this.#port.sendFailure(this, error);
    this.#context.cancel(error);
  }

  /** The trailers were sent. */
  done(): void {
    this.#finish();
  }

  /** There is room again for the next message. */
  drained(): void {
    if (this.#isBehind) return;
    this.#drain?.();
    this.#drain = undefined;
  }

  get #isBehind(): boolean {
    return this.outboxBytes >= outboxBytesMax || (this.outboxBytes > 0 && this.#port.backlog.isHigh);
  }

  #finish(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.#deadline?.cancel();
    this.#hold(-this.#held);
    this.#inbox = [];
    if (this.outbox.length > 0) this.#port.backlog.add(-this.outboxBytes, -1);
    this.outbox.length = 0;
    this.outboxBytes = 0;
    if (this.#isRunning) {
      this.#isAbandoned = true;
      this.#port.running(0, 1);
    }
    this.#wakeUp();
    this.#drain?.();
    this.#drain = undefined;
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
    this.#runs(true);
    attempt(() => handler.handle(request, this.#context)).then(
      (reply) => {
        this.#runs(false);
        this.#reply(reply);
      },
      (thrown: unknown) => {
        this.#runs(false);
        this.#end(handler.mapError(thrown));
      },
    );
  }

  #reply(reply: unknown): void {
    if (this.isOver) return;
    if (this.#port.backlog.isFull) {
      this.fail(new GrpcError(status.RESOURCE_EXHAUSTED, 'too many replies of this connection wait to be read'));
      return;
    }
    try {
      this.#queue(this.#method.serialize(reply));
    } catch (error) {
      this.fail(new GrpcError(status.INTERNAL, `the reply cannot be written: ${String(error)}`));
      return;
    }
    this.#end();
  }

  #run(replies: () => AsyncIterable<unknown>): void {
    this.#runs(true);
    void this.#stream(replies).finally(() => this.#runs(false));
  }

  async #stream(replies: () => AsyncIterable<unknown>): Promise<void> {
    try {
      for await (const reply of untilAborted(replies(), this.#context.signal)) {
        if (this.isOver) return;
        this.#queue(this.#method.serialize(reply));
        this.#port.pump(this);
        if (this.#isBehind) await new Promise<void>((resolve) => (this.#drain = resolve));
      }
      this.#end();
    } catch (thrown) {
      this.#end(this.#method.handler.mapError(thrown));
    }
  }

  /** The handler is done; what it said before is sent first. */
  #end(failure?: GrpcError): void {
    if (this.isOver) return;
    this.isEnding = true;
    this.failure = failure;
    this.#runs(false);
    this.#port.pump(this);
    if (failure !== undefined) this.#context.cancel();
  }

  #queue(bytes: Uint8Array): void {
    const size = bytes.length + headBytes;
    this.outbox.push(bytes);
    this.outboxBytes += size;
    this.#port.backlog.add(size, this.outbox.length === 1 ? 1 : 0);
  }

  async *#messages(): AsyncGenerator<unknown> {
    for (;;) {
      const bytes = this.#inbox.shift();
      if (bytes !== undefined) {
        this.#inboxBytes -= bytes.length + headBytes;
        this.#hold(-(bytes.length + headBytes + messageOverheadBytes));
        this.#giveCredit();
        yield this.#method.deserialize(bytes);
        continue;
      }
      if (this.hasCallerEnded || this.isOver) return;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  #runs(isRunning: boolean): void {
    if (this.#isRunning === isRunning) return;
    this.#isRunning = isRunning;
    this.#port.running(isRunning ? 1 : -1, !isRunning && this.#isAbandoned ? -1 : 0);
  }

  #hold(bytes: number): boolean {
    this.#held += bytes;
    return this.#port.hold(bytes);
  }

  #giveCredit(): void {
    if (this.isOver || this.hasCallerEnded || this.#owed < streamWindow / 2 || this.#inboxBytes >= inboxBytesMax) return;
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

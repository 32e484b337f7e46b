import type { LeanCall } from './call.ts';
import type { Backlog } from './backlog.ts';
import { ConnectionError, errorCodes, frameBytesDefault, initialWindow, windowMax } from './frames.ts';
import type { Outgoing } from './outgoing.ts';
import { failureBlock, openingBlock, successBlock } from './status-headers.ts';

const messageHeadBytes = 5;

/** Sends what calls have ready, as far as the peer's windows and the socket allow. */
export class Sender {
  /** The largest frame that the peer takes. */
  frameBytes = frameBytesDefault;
  readonly #outgoing: Outgoing;
  readonly #backlog: Backlog;
  readonly #onDone: (call: LeanCall) => void;
  /** Calls that wait for the connection. Those that wait for the window of their stream are not among them: a word about that window wakes them. */
  readonly #blocked = new Set<LeanCall>();
  #window = initialWindow;
  #streamWindow = initialWindow;

  constructor(outgoing: Outgoing, backlog: Backlog, onDone: (call: LeanCall) => void) {
    this.#outgoing = outgoing;
    this.#backlog = backlog;
    this.#onDone = onDone;
  }

  /** The window that a stream begins with. */
  get streamWindow(): number {
    return this.#streamWindow;
  }

  /** @throws ConnectionError when a window becomes too large (RFC 9113, 6.9.2). Windows may become negative. */
  setStreamWindow(window: number, calls: Iterable<LeanCall>): void {
    const by = window - this.#streamWindow;
    this.#streamWindow = window;
    if (by === 0) return;
    for (const call of Array.from(calls)) {
      call.sendWindow += by;
      if (call.sendWindow > windowMax) throw tooLarge();
      if (call.outbox.length > 0) this.pump(call);
    }
  }

  /** @throws ConnectionError when the window becomes too large. */
  widen(by: number): void {
    this.#window += by;
    if (this.#window > windowMax) throw tooLarge();
    this.pumpBlocked();
  }

  pump(call: LeanCall): void {
    if (call.isOver) return;
    const { outbox } = call;
    if (!call.hasOpened && (outbox.length > 0 || call.failure === undefined)) this.open(call);
    while (outbox.length > 0 && this.#sendPart(call));
    if (outbox.length === 0 && call.isEnding) this.end(call, call.failure === undefined ? successBlock : failureBlock(call.failure, !call.hasOpened));
    else call.drained();
  }

  /** Lets calls that wait for the connection send, until it is their turn to wait again; who goes on waiting is the last next time. */
  pumpBlocked(): void {
    this.#outgoing.isAwaited = false;
    for (const call of Array.from(this.#blocked)) {
      if (Math.min(this.#window, this.#outgoing.room) < 1) break;
      this.#blocked.delete(call);
      this.pump(call);
      // It waits again: what is left is too little for the others too.
      if (this.#blocked.has(call)) break;
    }
    if (this.#blocked.size > 0 && this.#outgoing.room < messageHeadBytes) this.#outgoing.isAwaited = true;
  }

  open(call: LeanCall): void {
    call.hasOpened = true;
    this.#outgoing.headers(call.id, openingBlock, false);
  }

  /** The trailers: the call is over. */
  end(call: LeanCall, block: Buffer): void {
    call.hasOpened = true;
    this.#outgoing.headers(call.id, block, true);
    // The caller need not go on sending to a call that is over.
    if (!call.hasCallerEnded) this.#outgoing.reset(call.id, errorCodes.none);
    call.done();
    this.#onDone(call);
  }

  forget(call: LeanCall): void {
    this.#blocked.delete(call);
  }

  clear(): void {
    this.#blocked.clear();
  }

  /** Sends the next frame of a call's first message; false when a window is closed. */
  #sendPart(call: LeanCall): boolean {
    const message = call.outbox[0] as Uint8Array;
    const head = call.outboxAt === -1 ? messageHeadBytes : 0;
    const from = Math.max(0, call.outboxAt);
    const needed = Math.max(1, head);
    const { room } = this.#outgoing;
    const size = Math.min(message.length - from + head, this.#window, call.sendWindow, this.frameBytes, room);
    if (size < needed) {
      if (call.sendWindow < needed) this.#blocked.delete(call);
      else {
        this.#blocked.add(call);
        this.#outgoing.isAwaited ||= room < messageHeadBytes;
      }
      return false;
    }
    const to = from + size - head;
    this.#outgoing.data(call.id, from === 0 && to === message.length ? message : message.subarray(from, to), size, head > 0 ? message.length : undefined);
    this.#window -= size;
    call.sendWindow -= size;
    call.outboxBytes -= size;
    if (to < message.length) call.outboxAt = to;
    else {
      call.outbox.shift();
      call.outboxAt = -1;
    }
    this.#backlog.add(-size, call.outbox.length === 0 ? -1 : 0);
    return true;
  }
}

function tooLarge(): ConnectionError {
  return new ConnectionError(errorCodes.flowControl, 'a window that is too large');
}

import { causeChain, type Clock, type Log, type Timer } from '@rhythm/base';
import type { HttpUpgrade } from '@rhythm/http';
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { acceptWebSocket, closeSocket, sendMessage } from '../../streams/index.ts';

/** What a WebSocket of this folder may take; bytes in both directions are limited by `streams`. */
export const websocketLimits = {
  /** Between two pings; a client that has not answered one until the next but one is gone. */
  pingEveryMs: 60_000,
  /** A client that takes nothing of what waits for it for this long is cut off, as on a chunked reply. */
  stallMs: 120_000,
} as const;

export interface SocketPorts {
  readonly clock: Clock;
  readonly log: Log;
}

/** RFC 6455, 7.4.1. */
const serverError = 1011;

/** A WebSocket on which only the server has something to say: what the client sends is read and forgotten. */
export class OneWaySocket {
  readonly #socket: WebSocket;
  /** Below it. */
  readonly #connection: Pick<Duplex, 'cork' | 'uncork'>;
  readonly #clock: Clock;
  readonly #closed = new AbortController();
  #pings = 0;
  #timer: Timer | undefined;

  constructor(socket: WebSocket, connection: Pick<Duplex, 'cork' | 'uncork'>, clock: Clock) {
    this.#socket = socket;
    this.#connection = connection;
    this.#clock = clock;
    socket.on('message', () => undefined);
    socket.on('pong', () => (this.#pings = 0));
    socket.on('close', () => this.#end());
    if (socket.readyState !== socket.OPEN) this.#end();
    else this.#ping();
  }

  /** Aborts when either side has closed. */
  get signal(): AbortSignal {
    return this.#closed.signal;
  }

  /** Sends messages in one write. Resolves when more may be sent: at once, unless much waits for the client. */
  async send(messages: readonly Buffer[], binary: boolean): Promise<void> {
    const cut = this.#clock.setTimer(websocketLimits.stallMs, () => this.#socket.terminate());
    try {
      this.#connection.cork();
      const sent = messages.map((message) => sendMessage(this.#socket, message, binary));
      this.#connection.uncork();
      await Promise.all(sent);
    } finally {
      cut.cancel();
    }
  }

  /** Lets `say` say all it has, then closes in peace. Where it fails, the close says so: nobody is to take a part for the whole. */
  async serve(log: Log, say: () => Promise<void>): Promise<void> {
    try {
      await say();
      await closeSocket(this.#socket, this.#clock);
    } catch (error) {
      if (!this.signal.aborted) log.warn('a stream over a WebSocket broke', { error: causeChain(error) });
      await closeSocket(this.#socket, this.#clock, serverError);
    }
  }

  #ping(): void {
    this.#timer = this.#clock.setTimer(websocketLimits.pingEveryMs, () => {
      if (this.#pings > 1) return this.#socket.terminate();
      this.#pings++;
      this.#socket.ping();
      this.#ping();
    });
  }

  #end(): void {
    this.#timer?.cancel();
    this.#closed.abort(new Error('the client has gone'));
  }
}

/** Completes the handshake. Rejects with `ApiError` when it is none; nothing was answered then. */
export async function openOneWay(upgrade: HttpUpgrade, protocol: string | undefined, clock: Clock): Promise<OneWaySocket> {
  return new OneWaySocket(await acceptWebSocket(upgrade, protocol), upgrade.socket, clock);
}

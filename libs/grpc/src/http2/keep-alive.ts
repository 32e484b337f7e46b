import type { Duplex } from 'node:stream';
import type { Clock, Timer } from '@rhythm/base';

/** A caller says what HTTP/2 begins with in this time. */
const helloTimeoutMs = 10_000;
/** A silent peer must answer a ping within this time. */
const pingTimeoutMs = 5_000;
/** After the farewell the peer may read it and go; then the connection is cut. */
const farewellMs = 1_000;

/** Drops peers that are gone, or that never began. */
export class KeepAlive {
  readonly #socket: Duplex;
  readonly #clock: Pick<Clock, 'setTimer'>;
  readonly #everyMs: number;
  readonly #ping: () => void;
  #hello: Timer | undefined;
  #timer: Timer | undefined;
  #heard = true;
  #isEnding = false;

  /** `everyMs` 0: asks nobody. */
  constructor(socket: Duplex, clock: Pick<Clock, 'setTimer'>, everyMs: number, ping: () => void) {
    this.#socket = socket;
    this.#clock = clock;
    this.#everyMs = everyMs;
    this.#ping = ping;
    this.#hello = clock.setTimer(helloTimeoutMs, () => socket.destroy());
    this.#watchLater();
  }

  heard(): void {
    this.#heard = true;
  }

  /** The peer speaks HTTP/2. */
  begun(): void {
    this.#hello?.cancel();
    this.#hello = undefined;
  }

  /** The farewell is on its way. */
  ending(): void {
    if (this.#isEnding) return;
    this.stop();
    this.#isEnding = true;
    this.#timer = this.#clock.setTimer(farewellMs, () => this.#socket.destroy());
  }

  stop(): void {
    this.#hello?.cancel();
    this.#timer?.cancel();
  }

  #watchLater(): void {
    if (this.#everyMs === 0) return;
    this.#timer = this.#clock.setTimer(this.#everyMs, () => {
      if (this.#heard) {
        this.#heard = false;
        this.#watchLater();
        return;
      }
      this.#ping();
      this.#timer = this.#clock.setTimer(pingTimeoutMs, () => (this.#heard ? this.#watchLater() : this.#socket.destroy()));
    });
  }
}

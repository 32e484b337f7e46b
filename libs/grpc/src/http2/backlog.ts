/** Bytes of messages that wait for one caller to read them. */
const bytesMax = 64 * 1024 * 1024;
/** So few calls may wait with as much as they like: large answers are what somebody asked for, very many of them are not. */
const callsMin = 64;

/** What the calls of one connection have ready to send, altogether. */
export class Backlog {
  #bytes = 0;
  #calls = 0;

  /** So many bytes more or less; `calls`: so many calls more or less wait. */
  add(bytes: number, calls: number): void {
    this.#bytes += bytes;
    this.#calls += calls;
  }

  /** Streams wait with their next message. */
  get isHigh(): boolean {
    return this.#bytes >= bytesMax;
  }

  /** New calls, and further answers, are refused. */
  get isFull(): boolean {
    return this.isHigh && this.#calls >= callsMin;
  }
}

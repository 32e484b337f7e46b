/**
 * What a leader knows of one member. `probe`: where the logs match is being found out, one message at a time.
 * `replicate`: messages are sent ahead of their answers, up to a window. `snapshot`: what it needs was cut off the log,
 * the host is sending the state instead.
 */
export class Progress {
  state: 'probe' | 'replicate' | 'snapshot' = 'probe';
  /** Last index known to be on the member's disk. */
  match: number;
  /** Next index to send. */
  next: number;
  /** It has answered since the last check of the quorum. */
  recentlyActive = false;
  /** A probe is under way: nothing is sent until its answer or a heartbeat's. */
  probeSent = false;
  /** The least index of the state that is being sent. */
  pendingSnapshot = 0;
  readonly #inflightMax: number;
  /** Last index of each message that has not been answered, ascending. */
  #inflight: number[] = [];

  constructor(match: number, next: number, inflightMax: number) {
    this.match = match;
    this.next = next;
    this.#inflightMax = inflightMax;
  }

  get isPaused(): boolean {
    if (this.state === 'probe') return this.probeSent;
    return this.state === 'snapshot' || this.#inflight.length >= this.#inflightMax;
  }

  sent(entriesCount: number): void {
    if (this.state === 'replicate') {
      if (entriesCount > 0) {
        this.next += entriesCount;
        this.#inflight.push(this.next - 1);
      }
    } else {
      this.probeSent = true;
    }
  }

  /** The member has everything up to `index`. Gives true when that is news or ends a probe; `first`: where our log begins. */
  accepted(index: number, first: number): boolean {
    this.probeSent = false;
    this.next = Math.max(this.next, index + 1);
    const free = this.#inflight.findIndex((last) => last > index);
    this.#inflight = free < 0 ? [] : this.#inflight.slice(free);
    const isNews = index > this.match || (this.state === 'probe' && index === this.match);
    this.match = Math.max(this.match, index);
    if (isNews && (this.state !== 'snapshot' || this.match + 1 >= first)) this.#becomeReplicate();
    return isNews;
  }

  /** The member has no entry that fits `index`; gives false for an answer that is out of date. */
  rejected(index: number, possibleMatch: number): boolean {
    if (this.state === 'replicate') {
      if (index <= this.match) return false;
      this.becomeProbe();
      return true;
    }
    if (this.state === 'snapshot' || this.next - 1 !== index) return false;
    this.next = Math.max(Math.min(index, possibleMatch + 1), this.match + 1);
    this.probeSent = false;
    return true;
  }

  becomeProbe(): void {
    // After a snapshot that arrived the next entry is the one behind it.
    this.next = Math.max(this.match, this.state === 'snapshot' ? this.pendingSnapshot : 0) + 1;
    this.state = 'probe';
    this.probeSent = false;
    this.pendingSnapshot = 0;
    this.#inflight = [];
  }

  becomeSnapshot(index: number): void {
    this.state = 'snapshot';
    this.pendingSnapshot = index;
    this.probeSent = false;
    this.#inflight = [];
  }

  /** A heartbeat was answered: a lost message must not stop us for ever. */
  answeredHeartbeat(): void {
    this.recentlyActive = true;
    this.probeSent = false;
    if (this.#inflight.length >= this.#inflightMax) this.#inflight.shift();
  }

  #becomeReplicate(): void {
    if (this.state === 'replicate') return;
    this.state = 'replicate';
    this.pendingSnapshot = 0;
    this.next = this.match + 1;
    this.#inflight = [];
  }
}

import { ApiError, hasReason, resources } from '@rhythm/api';
import type { Lease } from '@rhythm/api/types/coordination-v1';
import { causeChain, formatMicroTime, withTimeout, type Clock, type Log, type Random } from '@rhythm/base';
import type { ApiClient } from '@rhythm/client';

export interface LeaderElectionOptions {
  readonly client: ApiClient;
  /** Of the Lease; default kube-system. */
  readonly namespace?: string;
  /** Of the Lease: `kube-scheduler`, `kube-controller-manager` ... */
  readonly name: string;
  /**
   * Who we are: unique among the candidates. One that stays the same over restarts takes its own lease back at
   * once after a crash; then nothing else may ever run under it.
   */
  readonly identity: string;
  /** A candidate takes the lease after it has seen no renewal for this long; default 15 s. */
  readonly leaseDurationMs?: number;
  /** A leader that could not renew for this long stops leading; default 10 s, less than the duration. */
  readonly renewDeadlineMs?: number;
  /** Between attempts; default 2 s. */
  readonly retryPeriodMs?: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: Random;
  /** Leads until the signal aborts; leadership ends only when what this returns has settled. */
  readonly onStarted: (signal: AbortSignal) => Promise<void> | void;
  /** After each end of leadership. */
  readonly onStopped?: () => void;
}

export interface LeaderElection {
  readonly leading: boolean;
  /** Ends leadership, releases the lease so that another can take it at once, and gives up candidacy. */
  stop(): Promise<void>;
}

/**
 * Takes part in an election by Lease (coordination.k8s.io/v1), the way client-go does. Losing the lease is no end:
 * the candidate goes on trying. Expiry is judged by the time since a change of the lease was *seen*, on our own
 * monotonic clock: the clocks of others, and jumps of our own, do not matter.
 */
export function runLeaderElection(options: LeaderElectionOptions): LeaderElection {
  const candidate = new Candidate(options);
  const running = candidate.run();
  return {
    get leading() {
      return candidate.leading;
    },
    async stop() {
      candidate.abort.abort(new Error('the election stops'));
      await running;
    },
  };
}

class Candidate {
  leading = false;
  readonly abort = new AbortController();
  readonly #options: LeaderElectionOptions;
  readonly #namespace: string;
  readonly #leaseDurationMs: number;
  readonly #renewDeadlineMs: number;
  readonly #retryPeriodMs: number;
  readonly #log: Log;
  /** The lease as last seen, and when it was first seen like that. */
  #seen: { readonly lease: Lease; readonly atMs: number } | undefined;

  constructor(options: LeaderElectionOptions) {
    this.#options = options;
    this.#namespace = options.namespace ?? 'kube-system';
    this.#leaseDurationMs = options.leaseDurationMs ?? 15_000;
    this.#renewDeadlineMs = options.renewDeadlineMs ?? 10_000;
    this.#retryPeriodMs = options.retryPeriodMs ?? 2_000;
    this.#log = options.log.with({ lease: options.name, identity: options.identity });
    if (this.#renewDeadlineMs >= this.#leaseDurationMs) throw new Error('the renew deadline must be shorter than the lease');
  }

  async run(): Promise<void> {
    while (!this.abort.signal.aborted) {
      if (await this.#attempt(this.#renewDeadlineMs)) await this.#lead();
      else await this.#sleep(this.#untilNextAttemptMs());
    }
  }

  async #lead(): Promise<void> {
    const work = new AbortController();
    this.leading = true;
    this.#log.info('leading');
    const working = Promise.resolve()
      .then(() => this.#options.onStarted(work.signal))
      .catch((error: unknown) => {
        if (!work.signal.aborted) this.#log.error('leading failed', { error: causeChain(error) });
      });
    await this.#keepRenewing();
    work.abort(new Error('not the leader any more'));
    await working;
    this.leading = false;
    this.#options.onStopped?.();
    this.#log.info('not leading any more');
    if (this.abort.signal.aborted) await this.#release();
  }

  /** Returns when the lease is lost or we are stopped. */
  async #keepRenewing(): Promise<void> {
    const { clock } = this.#options;
    let renewed = { monotonic: clock.monotonic(), wall: clock.now() };
    for (;;) {
      await this.#sleep(this.#retryPeriodMs);
      if (this.abort.signal.aborted) return;
      // After a suspension only the wall clock shows the time that has gone; a jump of it alone costs one renewal.
      const elapsedMs = Math.max(clock.monotonic() - renewed.monotonic, clock.now() - renewed.wall);
      const leftMs = Math.max(this.#renewDeadlineMs - elapsedMs, this.#retryPeriodMs);
      if (await this.#attempt(leftMs)) renewed = { monotonic: clock.monotonic(), wall: clock.now() };
      else if (this.#heldByOther() || clock.monotonic() - renewed.monotonic >= this.#renewDeadlineMs || clock.now() - renewed.wall >= this.#renewDeadlineMs) return;
    }
  }

  /** Takes or renews the lease; whether it is ours now. Never throws. */
  async #attempt(timeoutMs: number): Promise<boolean> {
    const timeout = withTimeout(this.#options.clock, timeoutMs, () => new ApiError('Timeout', 'the lease could not be written in time'), this.abort.signal);
    try {
      return await raceAbort(this.#takeOrRenew(timeout.signal), timeout.signal);
    } catch (error) {
      if (!this.abort.signal.aborted) this.#log[hasReason(error, 'Conflict') ? 'debug' : 'warn']('the lease could not be written', { error: causeChain(error) });
      return false;
    } finally {
      timeout.cancel();
    }
  }

  async #takeOrRenew(signal: AbortSignal): Promise<boolean> {
    const { client, name, identity } = this.#options;
    const lease = await client.get(resources.leases, this.#namespace, name, { signal }).catch((error: unknown) => {
      if (hasReason(error, 'NotFound')) return undefined;
      throw error;
    });
    if (lease === undefined) {
      const metadata = { name, namespace: this.#namespace };
      this.#see(await client.create(resources.leases, this.#namespace, { metadata, spec: this.#claim(undefined) }, { signal }));
      return true;
    }
    this.#see(lease);
    if (this.#heldByOther() && !this.#expired()) return false;
    if (lease.spec.holderIdentity !== identity) this.#log.info('taking the lease', { from: lease.spec.holderIdentity ?? '' });
    // The version in `lease` makes the server refuse when another was faster.
    this.#see(await client.update(resources.leases, { ...lease, spec: { ...lease.spec, ...this.#claim(lease) } }, { signal }));
    return true;
  }

  #claim(lease: Lease | undefined): Lease['spec'] {
    const { clock, identity } = this.#options;
    const now = formatMicroTime(clock.now());
    const mine = lease?.spec.holderIdentity === identity;
    return {
      holderIdentity: identity,
      leaseDurationSeconds: Math.ceil(this.#leaseDurationMs / 1000),
      acquireTime: mine ? (lease?.spec.acquireTime ?? now) : now,
      renewTime: now,
      leaseTransitions: lease === undefined ? 0 : (lease.spec.leaseTransitions ?? 0) + (mine ? 0 : 1),
    };
  }

  #see(lease: Lease): void {
    const same = this.#seen?.lease.metadata.resourceVersion === lease.metadata.resourceVersion && this.#seen?.lease.metadata.uid === lease.metadata.uid;
    if (!same) this.#seen = { lease, atMs: this.#options.clock.monotonic() };
  }

  #heldByOther(): boolean {
    const holder = this.#seen?.lease.spec.holderIdentity ?? '';
    return holder !== '' && holder !== this.#options.identity;
  }

  #expiresAtMs(): number {
    if (this.#seen === undefined) return 0;
    const seconds = this.#seen.lease.spec.leaseDurationSeconds;
    return this.#seen.atMs + (seconds === undefined ? this.#leaseDurationMs : seconds * 1000);
  }

  #expired(): boolean {
    return this.#options.clock.monotonic() >= this.#expiresAtMs();
  }

  /** The usual period, a little random; sooner when the lease of another ends sooner. */
  #untilNextAttemptMs(): number {
    const { clock, random } = this.#options;
    const periodMs = this.#retryPeriodMs * (1 + 0.2 * random.next());
    const untilExpiryMs = this.#expiresAtMs() - clock.monotonic();
    return this.#heldByOther() && untilExpiryMs > 0 ? Math.min(periodMs, untilExpiryMs) : periodMs;
  }

  async #release(): Promise<void> {
    const { clock } = this.#options;
    const timeout = withTimeout(clock, this.#retryPeriodMs, () => new ApiError('Timeout', 'the lease could not be released in time'));
    try {
      await raceAbort(this.#releaseOnce(timeout.signal), timeout.signal);
    } catch (error) {
      this.#log.info('the lease could not be released and will expire', { error: causeChain(error) });
    } finally {
      timeout.cancel();
    }
  }

  async #releaseOnce(signal: AbortSignal): Promise<void> {
    const { client, clock, name, identity } = this.#options;
    // Read again: a renewal that was cut off by the stop may have been written.
    const lease = await client.get(resources.leases, this.#namespace, name, { signal });
    if (lease.spec.holderIdentity !== identity) return;
    const now = formatMicroTime(clock.now());
    const spec = { ...lease.spec, holderIdentity: '', leaseDurationSeconds: 1, renewTime: now, acquireTime: now };
    await client.update(resources.leases, { ...lease, spec }, { signal });
  }

  async #sleep(delayMs: number): Promise<void> {
    await this.#options.clock.sleep(delayMs, this.abort.signal).catch(() => undefined);
  }
}

/** `promise`, or a rejection once the signal aborts: a client that is slow to notice must not hold us. */
function raceAbort<R>(promise: Promise<R>, signal: AbortSignal): Promise<R> {
  promise.catch(() => undefined);
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

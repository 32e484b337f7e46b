import { addAmounts, amountsOf, ApiError, chargeFor, listOf, type Amounts, type ChargeRequest, type QuotaState } from '@rhythm/api';
import { toError, withTimeout, type Clock, type Random } from '@rhythm/base';
import { limits } from '../../limits.ts';
import type { HeldQuota, QuotaStore } from './quota-store.ts';

/** What is charged where: by the uid of the quota. Undefined: refused, and why. */
export type Charged = ReadonlyMap<string, Amounts>;
export type ChargeResult = { readonly refusal: string } | { readonly charged: Charged };

export interface Charging extends ChargeRequest {
  /** Is held against the quotas like any other, and leaves no trace in them. */
  readonly dryRun: boolean;
}

interface Waiter {
  readonly request: Charging;
  readonly settled: PromiseWithResolvers<ChargeResult>;
  /** Its caller has gone. */
  gone: boolean;
}

interface State extends QuotaState {
  readonly held: HeldQuota;
  used: Amounts;
  changed: boolean;
}

/**
 * Charges the requests of a namespace one batch after the other: those that come while one batch is written form the next, so that a
 * thousand parallel creations cost a few writes. A batch is charged in one transaction under the versions it was judged by; a race
 * that is lost (to another server, to the controller) is run again, so that together no more is let through than there is.
 */
export class Charger {
  readonly #store: QuotaStore;
  readonly #clock: Pick<Clock, 'setTimer' | 'sleep'>;
  readonly #random: Random;
  /** By namespace; present while somebody works on it. */
  readonly #waiting = new Map<string, Waiter[]>();

  constructor(ports: { readonly store: QuotaStore; readonly clock: Pick<Clock, 'setTimer' | 'sleep'>; readonly random: Random }) {
    this.#store = ports.store;
    this.#clock = ports.clock;
    this.#random = ports.random;
  }

  /** @throws ApiError InternalError when it takes too long, TooManyRequests. */
  async charge(namespace: string, request: Charging, parent?: AbortSignal): Promise<ChargeResult> {
    const waiter: Waiter = { request, settled: Promise.withResolvers(), gone: false };
    const timeout = withTimeout(this.#clock, limits.quotaTimeoutMs, () => new ApiError('InternalError', 'resource quota evaluation timed out'), parent);
    const leave = (): void => {
      waiter.gone = true;
      waiter.settled.reject(toError(timeout.signal.reason));
    };
    if (timeout.signal.aborted) leave();
    else timeout.signal.addEventListener('abort', leave, { once: true });
    this.#submit(namespace, waiter);
    try {
      return await waiter.settled.promise;
    } finally {
      timeout.cancel();
    }
  }

  #submit(namespace: string, waiter: Waiter): void {
    const waiting = this.#waiting.get(namespace);
    if (waiting === undefined) {
      this.#waiting.set(namespace, [waiter]);
      void this.#work(namespace);
      return;
    }
    if (waiting.length < limits.quotaWaitersMax) waiting.push(waiter);
    else waiter.settled.reject(new ApiError('TooManyRequests', `${limits.quotaWaitersMax} requests wait for the quota of the namespace, which is the most there can be`));
  }

  async #work(namespace: string): Promise<void> {
    for (;;) {
      const batch = this.#waiting.get(namespace) ?? [];
      if (batch.length === 0) break;
      this.#waiting.set(namespace, []);
      try {
        await this.#batch(namespace, batch);
      } catch (error) {
        for (const { settled } of batch) settled.reject(toError(error));
      }
    }
    this.#waiting.delete(namespace);
  }

  async #batch(namespace: string, batch: readonly Waiter[]): Promise<void> {
    for (;;) {
      const open = batch.filter(({ gone }) => !gone);
      if (open.length === 0) return;
      const states = (await this.#store.list(namespace)).map((held): State => ({ held, quota: held.quota, used: amountsOf(held.quota.status?.used), changed: false }));
      const results = open.map(({ request }) => judge(states, request));
      const changes = states.filter(({ changed }) => changed).map(({ held: { entry, quota }, used }) => ({ entry, quota: { ...quota, status: { ...quota.status, used: listOf(used) } } }));
      if (changes.length === 0 || (await this.#store.replace(changes))) {
        // Nobody is told before it is written: who was refused for want of what others took may yet find it free.
        for (const [index, { settled }] of open.entries()) settled.resolve(results[index] ?? { charged: new Map() });
        return;
      }
      await this.#clock.sleep(limits.quotaRetryMs * (0.5 + this.#random.next()));
    }
  }
}

function judge(states: readonly State[], request: Charging): ChargeResult {
  const result = chargeFor(states, request);
  if ('refusal' in result) return result;
  if (request.dryRun) return { charged: new Map() };
  for (const [state, added] of result.added) {
    state.used = addAmounts(state.used, added);
    state.changed = true;
  }
  return { charged: new Map([...result.added].map(([{ quota }, added]) => [quota.metadata.uid ?? '', added])) };
}

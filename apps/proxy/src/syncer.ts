import { backoffDelay, causeChain, type Clock, type Log, type Random, type Timer } from '@rhythm/base';
import type { ApplyRuleset } from './apply-nft.ts';
import type { ProxyPlan } from './plan.ts';
import { fullRuleset, updateRuleset, type TableConfig } from './ruleset.ts';

/** Changes within this time go to the kernel together. */
const batchMs = 10;
/** Now and then the whole table is written anew, in case something else changed it. */
const refreshMs = 10 * 60_000;
const retry = { initialMs: 100, maxMs: 10_000, factor: 2, jitter: 0.5 };

export interface SyncerPorts {
  readonly plan: () => ProxyPlan;
  readonly config: () => TableConfig;
  readonly apply: ApplyRuleset;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** Brings the kernel's table to the plan: at first whole, then by differences, whole again after a failure. */
export class Syncer {
  readonly #ports: SyncerPorts;
  #applied: { readonly plan: ProxyPlan; readonly config: string } | undefined;
  #timer: Timer | undefined;
  #refresh: Timer | undefined;
  #running = false;
  #dirty = false;
  #failures = 0;
  #stopped = false;

  constructor(ports: SyncerPorts) {
    this.#ports = ports;
  }

  /** Something changed. */
  trigger(): void {
    this.#dirty = true;
    this.#schedule(batchMs);
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#refresh?.cancel();
  }

  #schedule(delayMs: number): void {
    if (this.#running || this.#stopped || this.#timer !== undefined) return;
    this.#timer = this.#ports.clock.setTimer(delayMs, () => {
      this.#timer = undefined;
      void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#running = true;
    this.#dirty = false;
    let delay: number | undefined;
    try {
      await this.#sync();
      this.#failures = 0;
    } catch (error) {
      this.#applied = undefined;
      this.#dirty = true;
      delay = backoffDelay(retry, this.#failures++, this.#ports.random);
      this.#ports.log.error('service rules were not written', { error: causeChain(error), retryMs: Math.round(delay) });
    }
    this.#running = false;
    if (this.#dirty) this.#schedule(delay ?? batchMs);
    else this.#refreshLater();
  }

  #refreshLater(): void {
    this.#refresh?.cancel();
    if (this.#stopped) return;
    this.#refresh = this.#ports.clock.setTimer(refreshMs, () => {
      this.#applied = undefined;
      this.trigger();
    });
  }

  async #sync(): Promise<void> {
    const { apply, clock, log } = this.#ports;
    const plan = this.#ports.plan();
    const config = this.#ports.config();
    const configKey = JSON.stringify(config);
    const incremental = this.#applied !== undefined && this.#applied.config === configKey;
    const ruleset = incremental && this.#applied !== undefined ? updateRuleset(this.#applied.plan, plan, config) : fullRuleset(plan, config);
    const started = clock.monotonic();
    if (ruleset !== '') await apply(ruleset);
    this.#applied = { plan, config: configKey };
    if (ruleset !== '') log.info('service rules written', { ports: plan.services.length, incremental, bytes: ruleset.length, ms: Math.round(clock.monotonic() - started) });
  }
}

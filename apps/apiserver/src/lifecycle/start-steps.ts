import { hasReason } from '@rhythm/api';
import { causeChain, repeatedly, type Clock, type Log, type Random } from '@rhythm/base';
import { StoreError } from '@rhythm/store-client';
import type { HealthCheck } from '../http/health.ts';

/** Pauses between attempts at a step while the store is away. */
const backoff = { initialMs: 50, maxMs: 1_000, factor: 2, jitter: 0.2 };
/** Other servers that start at the same moment write the same objects. */
const passing = ['ServiceUnavailable', 'Timeout', 'ServerTimeout', 'TooManyRequests', 'Conflict', 'AlreadyExists'] as const;

/** What has to be done before a server is well, under the names that Kubernetes gives its hooks. */
const names = [
  'crd-informer-synced',
  'start-system-namespaces-controller',
  'rbac/bootstrap-roles',
  'priority-and-fairness-config-producer',
  'scheduling/bootstrap-system-priority-classes',
  'kube-apiserver-autoregistration',
  'start-kubernetes-service-cidr-controller',
  'start-service-ip-repair-controllers',
  'bootstrap-controller',
] as const;

export type StartStep = (typeof names)[number];

export interface StartPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Aborted when the server stops, also while it starts. */
  readonly signal: AbortSignal;
}

/** Which steps of the start are done: each is a health check, `poststarthook/NAME`. */
export class StartSteps {
  readonly #ports: StartPorts;
  readonly #done = new Set<string>();

  constructor(ports: StartPorts) {
    this.#ports = ports;
  }

  /**
   * Runs a step, which is done when it has resolved. A store that goes away while a server starts (it is started again, or its
   * members elect) is no reason to end: the step, which must be one that can be begun again, is tried until the store is back or
   * the server stops. Rejects with what else fails.
   */
  async run(step: StartStep, work: () => Promise<unknown> | undefined): Promise<void> {
    const { clock, random, log, signal } = this.#ports;
    const isWorthIt = (error: unknown): boolean => {
      if (signal.aborted || !isPassing(error)) return false;
      log.warn('a step of the start is tried again', { step, error: causeChain(error) });
      return true;
    };
    await repeatedly(work, { isPassing: isWorthIt, backoff, clock, random, signal });
    this.#done.add(step);
  }

  get checks(): HealthCheck[] {
    return names.map((name) => ({
      name: `poststarthook/${name}`,
      check: () => {
        if (!this.#done.has(name)) throw new Error('not finished');
      },
    }));
  }
}

function isPassing(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof StoreError && (cause.kind === 'Unavailable' || cause.kind === 'Unknown')) return true;
    if (passing.some((reason) => hasReason(cause, reason))) return true;
  }
  return false;
}

import { hasReason, withCondition } from '@rhythm/api';
import type { APIService } from '@rhythm/api/types/apiregistration-v1';
import type { Service } from '@rhythm/api/types/core-v1';
import type { EndpointSlice } from '@rhythm/api/types/discovery-v1';
import { backoffDelay, causeChain, toError, type Clock, type Log, type Random } from '@rhythm/base';
import type { ResourceChanges } from '../auth/index.ts';
import type { OwnWrites } from '../ports/own-writes.ts';
import type { ObjectReader } from '../ports/types.ts';
import type { CountUnavailable } from './availability-metrics.ts';
import { discoveryPath, passed, serviceFault, type Verdict } from './availability.ts';
import { identityHeaders } from './identity-headers.ts';
import { aggregationLimits } from './limits.ts';
import { RemoteError, urlOf, type RemoteClient } from './remote-client.ts';
import { apiServices, registrationGroup, type ApiServiceTable, type RemoteService } from './service-table.ts';

export interface AvailabilityPorts {
  readonly table: ApiServiceTable;
  readonly client: Pick<RemoteClient, 'fetch' | 'locate'>;
  readonly reader: ObjectReader;
  readonly writes: Pick<OwnWrites, 'updateStatus'>;
  readonly changes: ResourceChanges;
  readonly countUnavailable: CountUnavailable;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** What is remembered of one APIService between checks. */
interface Watched {
  /** The objects that the last check went by. */
  seen: string;
  failures: number;
  /** Of the monotonic clock. */
  dueAt: number;
  isRunning: boolean;
  /** It is to be looked at as soon as it can be. */
  isPending: boolean;
}

/** May read everything that a server has to show: the documents of what it serves. */
export const aggregatorUser = { name: 'system:kube-aggregator', groups: ['system:masters'] };

/** Keeps the condition Available of APIServices true: after changes of what they lead to, and now and then in any case. */
export class AvailabilityController {
  readonly #ports: AvailabilityPorts;
  readonly #stop = new AbortController();
  readonly #watched = new Map<string, Watched>();
  readonly #looking = new Set<Promise<void>>();
  #stops: ReadonlyArray<() => void> = [];
  #wake: () => void = () => undefined;
  #isDue = true;
  #running: Promise<void> = Promise.resolve();

  constructor(ports: AvailabilityPorts) {
    this.#ports = ports;
  }

  start(): void {
    const { table, changes } = this.#ports;
    const trigger = (): void => {
      this.#isDue = true;
      this.#wake();
    };
    this.#stops = [table.onChange(trigger), changes.onChange('', 'services', trigger), changes.onChange('discovery.k8s.io', 'endpointslices', trigger)];
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stop.abort(new Error('the server is stopping'));
    for (const stop of this.#stops) stop();
    this.#wake();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { clock, table } = this.#ports;
    while (!this.#stop.signal.aborted) {
      const isChanged = this.#isDue;
      this.#isDue = false;
      for (const name of this.#watched.keys()) if (!table.remotes.has(name)) this.#watched.delete(name);
      const now = clock.monotonic();
      for (const { name } of table.remotes.values()) {
        const watched = this.#watched.get(name) ?? { seen: '', failures: 0, dueAt: 0, isRunning: false, isPending: true };
        this.#watched.set(name, watched);
        if (isChanged || (!watched.isRunning && watched.dueAt <= now)) watched.isPending = true;
      }
      this.#beginPending();
      await this.#pause();
      // What comes in a burst is looked at once.
      await clock.sleep(aggregationLimits.gatherMs, this.#stop.signal).catch(() => undefined);
    }
    await Promise.all(this.#looking);
  }

  /** Those that have waited longest first, so many at a time: servers that keep us waiting again and again must not keep others from ever being asked. */
  #beginPending(): void {
    const ready = [...this.#watched].filter(([, { isPending, isRunning }]) => isPending && !isRunning).sort(([, a], [, b]) => a.dueAt - b.dueAt);
    for (const [name, watched] of ready) {
      const remote = this.#ports.table.remotes.get(name);
      if (this.#looking.size >= aggregationLimits.checksAtOnce) return;
      if (remote !== undefined) this.#begin(remote, watched);
    }
  }

  #begin(remote: RemoteService, watched: Watched): void {
    watched.isRunning = true;
    watched.isPending = false;
    const look = this.#look(remote, watched)
      .catch((error: unknown) => {
        watched.dueAt = this.#ports.clock.monotonic() + aggregationLimits.checkPauseMinMs;
        if (!this.#stop.signal.aborted) this.#ports.log.warn('an APIService cannot be checked', { apiService: remote.name, error: causeChain(error) });
      })
      .finally(() => {
        watched.isRunning = false;
        this.#looking.delete(look);
        // There is room for the next one, and the next pause goes by when this one is due again.
        this.#wake();
      });
    this.#looking.add(look);
  }

  /** Until something changes, a check is due, or one has ended. */
  async #pause(): Promise<void> {
    const { clock } = this.#ports;
    if (this.#isDue || this.#stop.signal.aborted) return;
    const next = [...this.#watched.values()].reduce((least, { isRunning, isPending, dueAt }) => (isRunning || isPending ? least : Math.min(least, dueAt)), Infinity);
    await new Promise<void>((resolve) => {
      const timer = Number.isFinite(next) ? clock.setTimer(Math.max(0, next - clock.monotonic()), resolve) : undefined;
      this.#wake = () => {
        timer?.cancel();
        resolve();
      };
    });
  }

  async #look(remote: RemoteService, watched: Watched): Promise<void> {
    const { clock, reader } = this.#ports;
    const { serviceNamespace, serviceName } = remote;
    const service = await reader.get<Service>('', 'services', serviceNamespace, serviceName);
    const slices = (await reader.list<EndpointSlice>('discovery.k8s.io', 'endpointslices', serviceNamespace)).filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === serviceName);
    // Its own status is not among it: that would be a circle.
    const seen = JSON.stringify([remote.object.spec, remote.object.metadata.uid, service?.metadata.resourceVersion, slices.map(({ metadata }) => [metadata.uid, metadata.resourceVersion])]);
    const isChanged = seen !== watched.seen;
    if (!isChanged && clock.monotonic() < watched.dueAt && this.#isWritten(remote)) return;
    watched.seen = seen;
    const verdict = serviceFault(remote, service, slices) ?? (await this.#ask(remote));
    watched.failures = verdict.status === 'True' ? 0 : isChanged ? 1 : watched.failures + 1;
    watched.dueAt = clock.monotonic() + (verdict.reason === 'FailedDiscoveryCheck' ? this.#pauseMs(watched.failures) : aggregationLimits.checkEveryMs);
    await this.#write(remote, verdict);
  }

  /** False when somebody has taken the condition away. */
  #isWritten({ object }: RemoteService): boolean {
    return (object.status?.conditions ?? []).some(({ type }) => type === 'Available');
  }

  #pauseMs(failures: number): number {
    return backoffDelay({ initialMs: aggregationLimits.checkPauseMinMs, maxMs: aggregationLimits.checkEveryMs, factor: 2, jitter: 0.1 }, failures - 1, this.#ports.random);
  }

  /** Any endpoint that answers will do; one more round of several tells a broken server from a broken endpoint. */
  async #ask(remote: RemoteService): Promise<Verdict> {
    const first = await this.#attempt(remote);
    if (first === undefined) return passed;
    const others = Array.from({ length: aggregationLimits.checkAttempts - 1 }, async () => {
      const failure = await this.#attempt(remote);
      if (failure !== undefined) throw new Error(failure);
    });
    try {
      await Promise.any(others);
      return passed;
    } catch {
      return { status: 'False', reason: 'FailedDiscoveryCheck', message: first };
    }
  }

  /** What went wrong. */
  async #attempt(remote: RemoteService): Promise<string | undefined> {
    const { client } = this.#ports;
    const path = discoveryPath(remote);
    const headers = { ...identityHeaders(aggregatorUser), accept: ['application/json'] };
    try {
      const at = await client.locate(remote);
      const { status } = await client.fetch(remote, path, headers, { timeoutMs: aggregationLimits.checkMs, bytesMax: aggregationLimits.discoveryBytesMax, signal: this.#stop.signal });
      const url = urlOf(at, path);
      return status >= 200 && status < 300 ? undefined : `failing or missing response from ${url}: bad status from ${url}: ${status}`;
    } catch (error) {
      if (!(error instanceof RemoteError)) return toError(error).message;
      const url = /^Get "([^"]*)"/.exec(error.message)?.[1] ?? '';
      return `failing or missing response from ${url}: ${error.message}`;
    }
  }

  async #write({ name }: RemoteService, { status, reason, message }: Verdict): Promise<void> {
    const { reader, writes, clock, log, countUnavailable } = this.#ports;
    if (this.#stop.signal.aborted) return;
    const current = await reader.get<APIService>(registrationGroup, apiServices, '', name);
    if (current?.spec.service === undefined) return;
    const before = (current.status?.conditions ?? []).find(({ type }) => type === 'Available');
    if (before?.status === status && before.reason === reason && (before.message ?? '') === message) return;
    const conditions = withCondition(current.status?.conditions, { type: 'Available', status, reason, message }, clock.now());
    try {
      const next: APIService = { ...current, status: { ...current.status, conditions } };
      await writes.updateStatus(registrationGroup, apiServices, next);
      if (before?.status === 'True' && status !== 'True') countUnavailable(name, reason);
      log.info('the availability of an APIService has changed', { apiService: name, status, reason });
    } catch (error) {
      // Another server, or its owner, was faster: what it wrote is looked at next.
      if (!hasReason(error, 'Conflict') && !hasReason(error, 'NotFound')) throw error;
      this.#isDue = true;
      const watched = this.#watched.get(name);
      if (watched !== undefined) watched.dueAt = 0;
    }
  }
}

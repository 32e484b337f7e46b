import { hasReason } from '@rhythm/api';
import type { APIService } from '@rhythm/api/types/apiregistration-v1';
import { causeChain, PassLoop, type Clock, type Log, type Random } from '@rhythm/base';
import type { LiveRegistry } from '../custom/live-registry.ts';
import type { OwnWrites } from '../ports/own-writes.ts';
import type { ObjectReader } from '../ports/types.ts';
import { aggregationLimits } from './limits.ts';
import { builtInPriority, customPriority, type Priority } from './priorities.ts';
import { apiServices, registrationGroup, type ApiServiceTable } from './service-table.ts';

export const automanagedLabel = 'kube-aggregator.kubernetes.io/automanaged';

export interface LocalServicesPorts {
  readonly registry: LiveRegistry;
  readonly table: ApiServiceTable;
  readonly reader: ObjectReader;
  readonly writes: Pick<OwnWrites, 'create' | 'update' | 'delete'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/**
 * Keeps an APIService for each group version that this server serves itself: those of built-in kinds are put right when the server starts, those of
 * custom resources always. One without our label is somebody else's, and stays as it is (kube-aggregator, autoregister).
 */
export class LocalServices {
  readonly #ports: LocalServicesPorts;
  readonly #passes: PassLoop;
  #stops: ReadonlyArray<() => void> = [];
  /** Since when, by the monotonic clock, it has been so. */
  readonly #unwanted = new Map<string, number>();
  #timer: { cancel(): void } | undefined;

  constructor(ports: LocalServicesPorts) {
    const { clock, random, log } = ports;
    this.#ports = ports;
    this.#passes = new PassLoop({
      pass: () => this.#reconcile(false),
      failed: (error) => {
        if (!hasReason(error, 'Conflict')) log.warn('local APIServices cannot be written', { error: causeChain(error) });
      },
      backoff: { initialMs: 20, maxMs: 5_000, factor: 2, jitter: 0.2 },
      gatherMs: aggregationLimits.gatherMs,
      clock,
      random,
    });
  }

  /** Resolves when the APIServices of everything that is served now are there. */
  async start(): Promise<void> {
    const { registry, table } = this.#ports;
    await this.#reconcile(true);
    this.#stops = [registry.onChange(() => this.#passes.trigger()), table.onChange(() => this.#passes.trigger())];
    this.#passes.trigger();
  }

  async stop(): Promise<void> {
    for (const stop of this.#stops) stop();
    await this.#passes.stop(new Error('the server is stopping'));
    this.#timer?.cancel();
  }

  async #reconcile(isStart: boolean): Promise<void> {
    const { table } = this.#ports;
    const present = new Map(table.all.map((object) => [object.metadata.name ?? '', object]));
    const wanted = this.#wanted();
    const todo: (() => Promise<void>)[] = [];
    for (const [name, object] of wanted) {
      const isOnStart = object.metadata.labels?.[automanagedLabel] === 'onstart';
      if (isStart || !isOnStart) todo.push(...this.#brought(object, present.get(name)));
    }
    for (const name of this.#unwanted.keys()) if (wanted.has(name) || !present.has(name)) this.#unwanted.delete(name);
    for (const [name, object] of present) {
      const label = object.metadata.labels?.[automanagedLabel];
      const isOurs = label === 'true' || (isStart && label === 'onstart');
      if (isOurs && !wanted.has(name) && object.metadata.deletionTimestamp === undefined && this.#isSettled(name)) todo.push(() => this.#remove(object));
    }
    for (let at = 0; at < todo.length; at += aggregationLimits.writesAtOnce) await Promise.all(todo.slice(at, at + aggregationLimits.writesAtOnce).map((act) => act()));
  }

  /** Another server may know of a definition before this one does: what looks unwanted is given time to be wanted. */
  #isSettled(name: string): boolean {
    const { clock } = this.#ports;
    const since = this.#unwanted.get(name);
    if (since !== undefined && clock.monotonic() - since >= aggregationLimits.unwantedMs) return true;
    if (since === undefined) this.#unwanted.set(name, clock.monotonic());
    this.#timer ??= clock.setTimer(aggregationLimits.unwantedMs, () => {
      this.#timer = undefined;
      this.#passes.trigger();
    });
    return false;
  }

  #wanted(): ReadonlyMap<string, APIService> {
    const { registry } = this.#ports;
    const wanted = new Map<string, APIService>();
    for (const { group, versions } of registry.groups) {
      // The group of the APIServices itself has none, as in Kubernetes: it is there before them.
      if (group === registrationGroup) continue;
      for (const version of versions) {
        const isBuiltIn = registry.servesBuiltIn(group, version);
        const object = localService(group, version, isBuiltIn ? builtInPriority(group, version) : customPriority, isBuiltIn ? 'onstart' : 'true');
        wanted.set(object.metadata.name ?? '', object);
      }
    }
    return wanted;
  }

  /** What is to be done so that `wanted` is there. */
  #brought(wanted: APIService, found: APIService | undefined): (() => Promise<void>)[] {
    const { writes } = this.#ports;
    if (found === undefined) return [() => writes.create(registrationGroup, apiServices, wanted).catch((error: unknown) => unless(error, 'AlreadyExists'))];
    if (found.metadata.labels?.[automanagedLabel] === undefined || isSame(found, wanted)) return [];
    const next: APIService = { ...found, spec: wanted.spec, metadata: { ...found.metadata, labels: { ...found.metadata.labels, ...wanted.metadata.labels } } };
    return [() => writes.update(registrationGroup, apiServices, next).catch((error: unknown) => unless(error, 'NotFound'))];
  }

  #remove({ metadata }: APIService): Promise<void> {
    return this.#ports.writes.delete(registrationGroup, apiServices, '', metadata.name ?? '', metadata.uid ?? '').catch((error: unknown) => unless(error, 'NotFound'));
  }
}

function localService(group: string, version: string, priority: Priority, label: string): APIService {
  return {
    kind: 'APIService',
    apiVersion: 'apiregistration.k8s.io/v1',
    metadata: { name: `${version}.${group}`, labels: { [automanagedLabel]: label } },
    spec: { ...(group === '' ? {} : { group }), version, groupPriorityMinimum: priority.group, versionPriority: priority.version },
    status: {},
  };
}

function isSame(found: APIService, wanted: APIService): boolean {
  const { service, caBundle, insecureSkipTLSVerify, groupPriorityMinimum, versionPriority } = found.spec;
  if (found.metadata.labels?.[automanagedLabel] !== wanted.metadata.labels?.[automanagedLabel]) return false;
  return service === undefined && caBundle === undefined && insecureSkipTLSVerify !== true && groupPriorityMinimum === wanted.spec.groupPriorityMinimum && versionPriority === wanted.spec.versionPriority;
}

function unless(error: unknown, reason: 'AlreadyExists' | 'NotFound'): void {
  if (!hasReason(error, reason)) throw error;
}

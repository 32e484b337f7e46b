import { hasReason, type KindDefinition, type KubeObject, withCondition } from '@rhythm/api';
import type { CustomResourceDefinition, CustomResourceDefinitionCondition } from '@rhythm/api/types/apiextensions-v1';
import { createHash } from 'node:crypto';
import { causeChain, PassLoop, type Clock, type Log, type Random } from '@rhythm/base';
import type { OwnWrites } from '../ports/own-writes.ts';
import type { ObjectReader } from '../ports/types.ts';
import type { Caches } from '../registry/caches.ts';
import { deepEqual } from '../registry/deep-equal.ts';
import { listPrefix } from '../stored/keys.ts';
import { parseObject } from '../stored/stored-form.ts';
import type { Entry } from '../watch-cache/entry.ts';
import type { ConversionPorts } from './conversion.ts';
import { customKinds } from './custom-kind.ts';
import { definitionStatus, isTrue } from './definition-status.ts';
import { KnownDefinitions, nameOf } from './known-definitions.ts';
import type { LiveRegistry } from './live-registry.ts';

const group = 'apiextensions.k8s.io';
const resource = 'customresourcedefinitions';
export const cleanupFinalizer = 'customresourcecleanup.apiextensions.k8s.io';
/** Instances that are deleted at once. */
const deletionsMax = 10;
/** Definitions whose status is written at once. */
const reconciledAtATime = 16;

const backoff = { initialMs: 20, maxMs: 2_000, factor: 2, jitter: 0.2 };

export interface DefinitionPorts {
  readonly registry: LiveRegistry;
  readonly caches: Caches;
  readonly reader: ObjectReader;
  readonly writes: OwnWrites;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** How the webhooks of definitions are called. */
  readonly conversion?: ConversionPorts;
}

/**
 * Serves what CustomResourceDefinitions define: accepts their names, puts their kinds into the registry, and empties and
 * removes those that are deleted. Level-triggered; with several servers each does the same.
 */
export class DefinitionController {
  readonly #ports: DefinitionPorts;
  readonly #kind: KindDefinition;
  readonly #passes: PassLoop;
  /** The hash of what a definition's kinds were made of. */
  readonly #served = new Map<string, string>();
  readonly #known: KnownDefinitions;
  readonly #watched = new Map<string, () => void>();
  /** Definitions that are being emptied, each by itself: a dead conversion webhook holds up nobody else. */
  readonly #terminations = new Map<string, PassLoop>();
  #unsubscribe: () => void = () => undefined;

  constructor(ports: DefinitionPorts) {
    const kind = ports.registry.byResource(group, 'v1', resource);
    if (kind === undefined) throw new Error('CustomResourceDefinitions are not served');
    this.#ports = ports;
    this.#kind = kind;
    this.#known = new KnownDefinitions(ports.registry);
    this.#passes = this.#loop(
      () => this.#reconcileAll(),
      (error) => ports.log.warn('custom resource definitions cannot be served', { error: causeChain(error) }),
    );
  }

  /** Resolves when everything that was defined before is served. */
  async start(): Promise<void> {
    await this.#reconcileAll();
    this.#unsubscribe = this.#ports.caches.of(this.#kind).onChange(() => this.#passes.trigger());
    this.#passes.trigger();
  }

  async stop(): Promise<void> {
    const stopping = new Error('the server is stopping');
    this.#unsubscribe();
    for (const unsubscribe of this.#watched.values()) unsubscribe();
    // Those that empty a definition may be waiting for its webhook; they end by themselves.
    for (const termination of this.#terminations.values()) void termination.stop(stopping);
    await this.#passes.stop(stopping);
  }

  #loop(pass: () => Promise<void>, failed: (error: unknown) => void | Promise<void>): PassLoop {
    const { clock, random } = this.#ports;
    return new PassLoop({ pass, failed: (error) => (hasReason(error, 'Conflict') ? undefined : failed(error)), backoff, clock, random });
  }

  #terminateSoon(name: string): void {
    if (this.#passes.signal.aborted) return;
    const known = this.#terminations.get(name);
    const termination = known ?? this.#loop(() => this.#terminate(name), (error) => this.#sayFailed(name, error));
    this.#terminations.set(name, termination);
    termination.trigger();
  }

  async #reconcileAll(): Promise<void> {
    const { caches } = this.#ports;
    const cache = caches.current(this.#kind) ?? (await caches.afterOwnWrites(this.#kind, this.#passes.signal));
    const { entries } = cache.page({ prefix: listPrefix(this.#kind, '') }, 0);
    const present = new Set(entries.map(nameOf));
    for (const name of this.#served.keys()) if (!present.has(name)) await this.#withdraw(name);
    for (const [name, termination] of this.#terminations) {
      if (present.has(name)) continue;
      this.#terminations.delete(name);
      void termination.stop(new Error('the definition is gone'));
    }
    this.#known.forgetAllBut(entries);
    const due = this.#known.due(entries);
    const failures: unknown[] = [];
    const writing = new Set<Promise<unknown>>();
    for (const { entry, definition } of due) {
      // Names are granted in this order; only the writing is at once.
      const one: Promise<unknown> = this.#reconcile(entry, definition)
        .catch((error: unknown) => failures.push(error))
        .finally(() => writing.delete(one));
      writing.add(one);
      if (writing.size >= reconciledAtATime) await Promise.race(writing);
    }
    await Promise.all(writing);
    if (failures.length > 0) throw failures[0];
  }

  async #reconcile(entry: Entry, definition: CustomResourceDefinition): Promise<void> {
    const { clock, writes } = this.#ports;
    const { metadata } = definition;
    if (metadata.deletionTimestamp !== undefined) {
      if (isTrue(definition.status?.conditions, 'Established')) await this.#serve(definition);
      this.#terminateSoon(metadata.name ?? '');
      return;
    }
    const status = definitionStatus(definition, this.#known.taken(definition), clock.now());
    this.#known.grant(definition, status);
    const next = { ...definition, status };
    // Whoever reads that it is established finds it served.
    if (isTrue(status.conditions, 'Established')) await this.#serve(next);
    if (!deepEqual(status, definition.status)) await writes.updateStatus(group, resource, next);
    // A name that somebody else has may become free; what is written comes back as another state.
    else if (isTrue(status.conditions, 'NamesAccepted')) this.#known.finish(entry);
  }

  async #serve(definition: CustomResourceDefinition): Promise<void> {
    const { registry, caches } = this.#ports;
    const name = definition.metadata.name ?? '';
    const text = JSON.stringify([definition.spec, definition.status.acceptedNames, definition.metadata.deletionTimestamp]);
    const hash = createHash('sha256').update(text).digest('base64');
    if (this.#served.get(name) === hash) return;
    const before = registry.of(name);
    registry.set(name, customKinds(definition, this.#ports.conversion));
    this.#served.set(name, hash);
    // Watches see objects through the schema they began with: they end, and their clients begin anew.
    if (before !== undefined) await caches.drop(before.stored);
  }

  async #withdraw(name: string): Promise<void> {
    const { registry, caches } = this.#ports;
    const before = registry.of(name);
    registry.set(name, undefined);
    this.#served.delete(name);
    this.#watched.get(name)?.();
    this.#watched.delete(name);
    if (before !== undefined) await caches.drop(before.stored);
  }

  /** No new instances; those that are there go, then the definition. */
  async #terminate(name: string): Promise<void> {
    const { registry, writes } = this.#ports;
    const definition = await this.#deleted(name);
    if (definition?.metadata.finalizers?.includes(cleanupFinalizer) !== true) return;
    const stored = registry.of(name)?.stored;
    const left = stored === undefined ? 0 : await this.#empty(name, stored);
    if (left > 0) {
      await this.#say(definition, { type: 'Terminating', status: 'True', reason: 'InstanceDeletionInProgress', message: `CustomResource deletion is in progress: ${left} left` });
      return;
    }
    const finalizers = definition.metadata.finalizers.filter((finalizer) => finalizer !== cleanupFinalizer);
    await writes.update(group, resource, { ...definition, metadata: { ...definition.metadata, finalizers } });
  }

  async #sayFailed(name: string, error: unknown): Promise<void> {
    this.#ports.log.warn('a custom resource definition cannot be emptied', { name, error: causeChain(error) });
    const condition = { type: 'Terminating', status: 'True', reason: 'InstanceDeletionFailed', message: `could not delete instances: ${causeChain(error)}` };
    const told = this.#deleted(name).then((definition) => (definition === undefined ? undefined : this.#say(definition, condition)));
    // It is tried again anyway, and told again.
    await told.catch(() => undefined);
  }

  /** The definition, if it is there and on its way out. */
  async #deleted(name: string): Promise<CustomResourceDefinition | undefined> {
    const definition = await this.#ports.reader.get<CustomResourceDefinition>(group, resource, '', name);
    return definition?.metadata.deletionTimestamp === undefined ? undefined : definition;
  }

  async #say(definition: CustomResourceDefinition, condition: CustomResourceDefinitionCondition): Promise<void> {
    const { clock, writes } = this.#ports;
    const conditions = withCondition(definition.status?.conditions, condition, clock.now());
    const next = { ...definition, status: { ...definition.status, conditions } };
    if (!deepEqual(next.status, definition.status)) await writes.updateStatus(group, resource, next);
  }

  /** Deletes the instances; returns how many there still are, and sees to it that their going is noticed. */
  async #empty(name: string, kind: KindDefinition): Promise<number> {
    const { writes, caches } = this.#ports;
    const instances = await this.#instancesOf(kind);
    if (instances.length === 0) return 0;
    if (!this.#watched.has(name)) this.#watched.set(name, caches.of(kind).onChange(() => this.#passes.trigger()));
    const todo = instances.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    for (let at = 0; at < todo.length; at += deletionsMax) {
      await Promise.all(
        todo.slice(at, at + deletionsMax).map(({ metadata }) =>
          writes.deleteAs(kind, metadata.namespace ?? '', metadata.name ?? '', metadata.uid ?? '').catch((error: unknown) => {
            if (!hasReason(error, 'NotFound')) throw error;
          }),
        ),
      );
    }
    return (await this.#instancesOf(kind)).length;
  }

  /** In the version that they are stored in, so that most need no webhook; it may be long gone. */
  async #instancesOf(kind: KindDefinition): Promise<KubeObject[]> {
    const { entries } = (await this.#ports.caches.afterOwnWrites(kind, this.#passes.signal)).page({ prefix: listPrefix(kind, '') }, 0);
    return entries.map(({ bytes }) => parseObject(bytes));
  }
}

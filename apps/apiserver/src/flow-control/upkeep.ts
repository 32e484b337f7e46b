import { hasReason, type KubeObject } from '@rhythm/api';
import type { FlowSchema, PriorityLevelConfiguration } from '@rhythm/api/types/flowcontrol-v1';
import { causeChain, formatTime, PassLoop, type Clock, type Log, type Random } from '@rhythm/base';
import type { ResourceChanges } from '../auth/index.ts';
import type { OwnWrites } from '../ports/own-writes.ts';
import type { ObjectReader } from '../ports/types.ts';
import { deepEqual } from '../registry/deep-equal.ts';
import { autoUpdate, bootstrapFlows, bootstrapLevels, type Bootstrapped } from './bootstrap-objects.ts';
import { danglingCondition } from './dangling.ts';
import type { FlowControl } from './flow-control.ts';

export interface UpkeepPorts {
  readonly reader: ObjectReader;
  readonly writes: OwnWrites;
  readonly changes: ResourceChanges;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

const apiGroup = 'flowcontrol.apiserver.k8s.io';
const schemas = 'flowschemas';
const levels = 'prioritylevelconfigurations';
/** Even if nothing has changed, as in Kubernetes. */
const roundEveryMs = 60_000;

/**
 * Keeps the objects of priority and fairness: creates and restores those that every cluster has, says in their status which flow
 * schemas have no level, and gives `control` what is in force. Several servers may do it at once.
 */
export class FlowUpkeep {
  readonly #ports: UpkeepPorts;
  readonly #control: FlowControl;
  readonly #passes: PassLoop;
  #unsubscribe: ReadonlyArray<() => void> = [];
  #isConfigured = false;

  constructor(control: FlowControl, ports: UpkeepPorts) {
    const { clock, random, log } = ports;
    this.#control = control;
    this.#ports = ports;
    this.#passes = new PassLoop({
      pass: () => this.#round(),
      failed: (error) => log.warn('the objects of priority and fairness could not be kept', { error: causeChain(error) }),
      backoff: { initialMs: 100, maxMs: 30_000, factor: 2, jitter: 0.2 },
      everyMs: roundEveryMs,
      clock,
      random,
    });
    // Until the first objects are read: whoever is an administrator, and a narrow door for all others.
    control.configure(bootstrapFlows.map(({ object }) => object), bootstrapLevels.map(({ object }) => object));
  }

  /** Resolves when the objects are there; goes on until `stop`. Rejects when they cannot be written. */
  async start(): Promise<void> {
    await this.#round();
    const { changes } = this.#ports;
    this.#unsubscribe = [schemas, levels].map((resource) => changes.onChange(apiGroup, resource, () => this.#passes.trigger()));
    this.#passes.trigger();
  }

  async stop(): Promise<void> {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    await this.#passes.stop(new Error('the server is stopping'));
  }

  /** What is there takes effect first: writing may fail for reasons of its own. */
  async #round(): Promise<void> {
    const { reader } = this.#ports;
    const [foundSchemas, foundLevels] = await Promise.all([reader.list<FlowSchema>(apiGroup, schemas, ''), reader.list<PriorityLevelConfiguration>(apiGroup, levels, '')]);
    if (foundLevels.length > 0 || this.#isConfigured) this.#control.configure(withMandatory(foundSchemas, bootstrapFlows), withMandatory(foundLevels, bootstrapLevels));
    let isChanged = await this.#keep(levels, foundLevels, bootstrapLevels);
    isChanged = (await this.#keep(schemas, foundSchemas, bootstrapFlows)) || isChanged;
    isChanged = (await this.#tell(foundSchemas, foundLevels)) || isChanged;
    if (isChanged && !this.#isConfigured) {
      this.#isConfigured = true;
      return this.#round();
    }
    this.#isConfigured = true;
  }

  async #keep<T extends FlowSchema | PriorityLevelConfiguration>(resource: string, found: readonly T[], wanted: ReadonlyArray<Bootstrapped<T>>): Promise<boolean> {
    const { writes } = this.#ports;
    const byName = new Map(found.map((object) => [object.metadata.name ?? '', object]));
    let isChanged = false;
    for (const { object, mandatory } of wanted) {
      const current = byName.get(object.metadata.name ?? '');
      byName.delete(object.metadata.name ?? '');
      const next = current === undefined ? object : restored(current, object, mandatory);
      if (next === undefined) continue;
      isChanged = true;
      await lost(current === undefined ? writes.create(apiGroup, resource, next as KubeObject) : writes.update(apiGroup, resource, next as KubeObject));
    }
    // What an older server made and kept up to date, and this one knows no more.
    for (const object of byName.values()) {
      if (object.metadata.annotations?.[autoUpdate] !== 'true' || object.metadata.deletionTimestamp !== undefined) continue;
      isChanged = true;
      await lost(writes.delete(apiGroup, resource, '', object.metadata.name ?? '', object.metadata.uid ?? ''));
    }
    return isChanged;
  }

  async #tell(found: readonly FlowSchema[], foundLevels: readonly PriorityLevelConfiguration[]): Promise<boolean> {
    const names = new Set([...foundLevels, ...bootstrapLevels.filter(({ mandatory }) => mandatory).map(({ object }) => object)].map(({ metadata }) => metadata.name ?? ''));
    let isChanged = false;
    for (const schema of found) {
      const condition = danglingCondition(schema, names, formatTime(this.#ports.clock.now()));
      if (condition === undefined) continue;
      isChanged = true;
      const others = (schema.status?.conditions ?? []).filter(({ type }) => type !== condition.type);
      await lost(this.#ports.writes.updateStatus(apiGroup, schemas, { ...schema, status: { ...schema.status, conditions: [...others, condition] } } as KubeObject));
    }
    return isChanged;
  }
}

/** What has to be written so that the object is as it should be; `undefined`: nothing (KEP-1040, "Default Behavior"). */
export function restored<T extends FlowSchema | PriorityLevelConfiguration>(current: T, wanted: T, mandatory: boolean): T | undefined {
  const said = current.metadata.annotations?.[autoUpdate];
  // Without a word: it is the server's as long as nobody has changed it.
  const isOurs = mandatory || (said === 'true' || said === 'false' ? said === 'true' : (current.metadata.generation ?? 1) === 1);
  const annotation = String(isOurs);
  const spec = isOurs && !sameSpec(current, wanted) ? wanted.spec : current.spec;
  if (said === annotation && spec === current.spec) return undefined;
  return { ...current, metadata: { ...current.metadata, annotations: { ...current.metadata.annotations, [autoUpdate]: annotation } }, spec };
}

/** The shares of the exempt level are the administrator's. */
function sameSpec(current: FlowSchema | PriorityLevelConfiguration, wanted: FlowSchema | PriorityLevelConfiguration): boolean {
  if ('type' in current.spec && current.spec.type === 'Exempt' && 'type' in wanted.spec && wanted.spec.type === 'Exempt') return current.spec.limited === undefined;
  return deepEqual(current.spec, wanted.spec);
}

/** The objects that must be are in force even while they are missing. */
function withMandatory<T extends FlowSchema | PriorityLevelConfiguration>(found: readonly T[], wanted: ReadonlyArray<Bootstrapped<T>>): T[] {
  const names = new Set(found.map(({ metadata }) => metadata.name));
  return [...found, ...wanted.filter(({ object, mandatory }) => mandatory && !names.has(object.metadata.name)).map(({ object }) => object)];
}

/** Lost to another server, which does the same: what it has written comes as news. */
async function lost(write: Promise<void>): Promise<void> {
  await write.catch((error: unknown) => {
    if (!hasReason(error, 'Conflict') && !hasReason(error, 'AlreadyExists') && !hasReason(error, 'NotFound')) throw error;
  });
}

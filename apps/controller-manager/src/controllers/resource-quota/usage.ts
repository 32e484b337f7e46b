import { countedKinds, differs, resources, type Amounts, type Counted, type KubeObject, type QuotaEvaluator, type TypedResource } from '@rhythm/api';
import type { RunningInformer } from '@rhythm/controller';
import type { ControllerContext } from '../../context.ts';
import { customResources } from '../../shared/custom-resources.ts';
import { followCustom } from '../../shared/follow-custom.ts';
import { namespaceIndex } from '../../shared/indexes.ts';

/** How long a count waits for the first list of what it counts. */
const firstListMs = 2_000;

export interface UsagePorts {
  /** The names that any quota limits. */
  names(): readonly string[];
  /** Whether anybody wants to know about a namespace. */
  isWatched(namespace: string): boolean;
  /** Something in the namespace may use more or less than before. */
  changed(namespace: string): void;
  /** Another kind of objects is counted, or one is no more. */
  kindsChanged(): void;
}

export interface Usage {
  /** What quotas count in a namespace under these names; kinds that cannot be listed are left out, and make it incomplete. */
  of(namespace: string, names: readonly string[], signal: AbortSignal): Promise<{ readonly counted: readonly Counted[]; readonly isComplete: boolean }>;
  /** To be called when `names` says something else. */
  refresh(): void;
  readonly synced: { synced(): Promise<void> };
  stop(): Promise<void>;
}

/** The objects that quotas count, of built-in kinds and of those that definitions add; only what a quota names is followed. */
export function usage(context: ControllerContext, ports: UsagePorts): Usage {
  const { clock } = context;
  const builtIn = Object.values(resources) as readonly TypedResource[];
  const evaluators = new Map<string, QuotaEvaluator>();
  const followed = new Map<string, RunningInformer<KubeObject>>();
  const custom = customResources(context);

  const remembered = (evaluator: QuotaEvaluator): QuotaEvaluator => {
    const id = `${evaluator.group}/${evaluator.resource}`;
    const known = evaluators.get(id) ?? remembering(evaluator);
    evaluators.set(id, known);
    return known;
  };
  const follow = (informer: RunningInformer<KubeObject>, evaluator: QuotaEvaluator): void => {
    for (const [name, values] of Object.entries(namespaceIndex)) informer.addIndex(name, values);
    const touched = (object: KubeObject): void => ports.changed(object.metadata.namespace ?? '');
    informer.addHandler({
      onAdd: touched,
      onDelete: touched,
      onUpdate: (old, object) => {
        if (ports.isWatched(object.metadata.namespace ?? '') && isRecounted(evaluator, old, object, clock.now())) touched(object);
      },
    });
  };
  const isNamed = (resource: TypedResource): boolean => countedKinds(ports.names(), [resource]).length > 0;
  const evaluatorFor = (resource: TypedResource): QuotaEvaluator | undefined => countedKinds(ports.names(), [resource])[0]?.evaluator;
  const others = followCustom(context, custom, (informer, resource) => {
    const evaluator = evaluatorFor(resource);
    if (evaluator !== undefined) follow(informer, remembered(evaluator));
  }, isNamed);
  custom.onChange(() => ports.kindsChanged());

  const informerOf = (resource: TypedResource, evaluator: QuotaEvaluator): RunningInformer<KubeObject> | undefined => {
    if (!builtIn.includes(resource)) return others.get(resource);
    const id = `${resource.group}/${resource.resource}`;
    const known = followed.get(id);
    if (known !== undefined) return known;
    const informer = context.informers.informer(resource);
    followed.set(id, informer);
    follow(informer, remembered(evaluator));
    return informer;
  };

  return {
    synced: custom.informer,
    refresh: () => others.refresh(),
    async of(namespace, names, signal) {
      const sources = countedKinds(names, [...builtIn, ...custom.list()]).map(({ resource, evaluator }) => ({ evaluator: remembered(evaluator), informer: informerOf(resource, evaluator) }));
      await Promise.race([Promise.all(sources.flatMap(({ informer }) => (informer === undefined ? [] : [informer.synced()]))), clock.sleep(firstListMs, signal)]);
      const listed = sources.filter(({ informer }) => informer !== undefined && informer.resourceVersion !== '');
      return { counted: listed.map(({ evaluator, informer }) => ({ evaluator, objects: informer?.byIndex('namespace', namespace) ?? [] })), isComplete: listed.length === sources.length };
    },
    stop: () => others.stop(),
  };
}

function isRecounted(evaluator: QuotaEvaluator, old: KubeObject, object: KubeObject, now: number): boolean {
  return evaluator.countsUpdate('', object, old) || differs(evaluator.usage(old, now), evaluator.usage(object, now));
}

/** Objects of informers never change, so neither does what they use: only that of those on their way out depends on the time. */
function remembering(evaluator: QuotaEvaluator): QuotaEvaluator {
  const known = new WeakMap<KubeObject, Amounts>();
  return {
    ...evaluator,
    usage(object, now) {
      if (object.metadata.deletionTimestamp !== undefined) return evaluator.usage(object, now);
      const found = known.get(object) ?? evaluator.usage(object, now);
      known.set(object, found);
      return found;
    },
  };
}

import type { KubeObject, TypedResource } from '@rhythm/api';
import type { Clock, Log, Random } from '@rhythm/base';
import type { ApiClient } from '@rhythm/client';
import type { IndexFunctions } from './ports.ts';
import { startInformer, type RunningInformer } from './start-informer.ts';

export interface InformerScope<T extends KubeObject> {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** Added to the indexes the informer has; names are shared by all who use it. */
  readonly indexes?: IndexFunctions<T>;
}

/** One informer per resource and scope in a process, however many ask for it. */
export interface InformerFactory {
  informer<T extends KubeObject>(resource: TypedResource<T>, scope?: InformerScope<T>): RunningInformer<T>;
  /** Resolves once every informer so far has its first list. */
  synced(): Promise<void>;
  stop(): Promise<void>;
}

export function informerFactory(client: ApiClient, ports: { readonly clock: Clock; readonly log: Log; readonly random: Random }): InformerFactory {
  const informers = new Map<string, RunningInformer<KubeObject>>();
  return {
    informer<T extends KubeObject>(resource: TypedResource<T>, scope: InformerScope<T> = {}): RunningInformer<T> {
      const { namespace = '', labelSelector = '', fieldSelector = '' } = scope;
      const id = JSON.stringify([resource.group, resource.version, resource.resource, namespace, labelSelector, fieldSelector]);
      const found = informers.get(id) as RunningInformer<T> | undefined;
      if (found !== undefined) {
        for (const [name, values] of Object.entries(scope.indexes ?? {})) found.addIndex(name, values);
        return found;
      }
      const started = startInformer(client, resource, { ...scope, ...ports });
      informers.set(id, started as unknown as RunningInformer<KubeObject>);
      return started;
    },
    async synced() {
      await Promise.all([...informers.values()].map((informer) => informer.synced()));
    },
    async stop() {
      await Promise.all([...informers.values()].map((informer) => informer.stop()));
    },
  };
}

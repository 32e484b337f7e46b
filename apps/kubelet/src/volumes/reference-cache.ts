import { resources, type KubeObject, type TypedResource } from '@rhythm/api';
import type { ConfigMap, Pod, Secret } from '@rhythm/api/types/core-v1';
import type { Clock, Log, Random } from '@rhythm/base';
import type { ApiClient } from '@rhythm/client';
import { startInformer, type RunningInformer } from '@rhythm/controller';
import type { References } from '../spec/env.ts';
import { podReferences } from './pod-references.ts';

interface Entry {
  readonly informer: RunningInformer<KubeObject>;
  readonly users: Map<string, () => void>;
}

/** The ConfigMaps and Secrets that the pods of this node refer to, each watched by name, and only as long as a pod needs it. */
export class ReferenceCache {
  readonly #client: ApiClient;
  readonly #ports: { readonly clock: Clock; readonly log: Log; readonly random: Random };
  readonly #entries = new Map<string, Entry>();

  constructor(client: ApiClient, ports: { readonly clock: Clock; readonly log: Log; readonly random: Random }) {
    this.#client = client;
    this.#ports = ports;
  }

  /** Watches what `pod` refers to; `changed` is called whenever one of the objects changes. Idempotent. Resolves when all were looked up. */
  async track(pod: Pod, changed: () => void): Promise<void> {
    const { namespace = '', uid = '' } = pod.metadata;
    const { configMaps, secrets } = podReferences(pod);
    const entries = [
      ...[...configMaps].map((name) => this.#entry(resources.configMaps, namespace, name)),
      ...[...secrets].map((name) => this.#entry(resources.secrets, namespace, name)),
    ];
    for (const entry of entries) entry.users.set(uid, changed);
    await Promise.all(entries.map((entry) => entry.informer.synced()));
  }

  /** The objects of the pod's namespace, as they are now. */
  of(pod: Pod): References {
    const namespace = pod.metadata.namespace ?? '';
    return {
      configMap: (name) => this.#get<ConfigMap>(resources.configMaps, namespace, name),
      secret: (name) => this.#get<Secret>(resources.secrets, namespace, name),
    };
  }

  async release(uid: string): Promise<void> {
    const idle = [...this.#entries].filter(([, entry]) => entry.users.delete(uid) && entry.users.size === 0);
    for (const [key] of idle) this.#entries.delete(key);
    await Promise.all(idle.map(([, entry]) => entry.informer.stop()));
  }

  async stop(): Promise<void> {
    const entries = [...this.#entries.values()];
    this.#entries.clear();
    await Promise.all(entries.map((entry) => entry.informer.stop()));
  }

  #get<T extends KubeObject>(resource: TypedResource<T>, namespace: string, name: string): T | undefined {
    return this.#entries.get(keyOf(resource, namespace, name))?.informer.get(`${namespace}/${name}`) as T | undefined;
  }

  #entry(resource: TypedResource, namespace: string, name: string): Entry {
    const key = keyOf(resource, namespace, name);
    const known = this.#entries.get(key);
    if (known !== undefined) return known;
    const informer = startInformer(this.#client, resource, { namespace, fieldSelector: `metadata.name=${name}`, ...this.#ports });
    const users = new Map<string, () => void>();
    const tell = (): void => {
      for (const changed of users.values()) changed();
    };
    informer.addHandler({ onAdd: tell, onUpdate: tell, onDelete: tell });
    const entry: Entry = { informer, users };
    this.#entries.set(key, entry);
    return entry;
  }
}

const keyOf = (resource: TypedResource, namespace: string, name: string): string => `${resource.resource}/${namespace}/${name}`;

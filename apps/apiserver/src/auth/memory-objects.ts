import { alreadyExists, type KubeObject } from '@rhythm/api';
import type { ObjectReader } from '../ports/types.ts';
import type { ObjectWriter, ResourceChanges } from './ports.ts';

/** The reader, writer and change ports over a map, for tests: what the watch cache and the pipeline are in the apiserver. */
export class MemoryObjects implements ObjectReader, ObjectWriter, ResourceChanges {
  readonly #objects = new Map<string, KubeObject>();
  readonly #listeners = new Set<readonly [string, () => void]>();
  reads = 0;

  get<T extends KubeObject>(group: string, resource: string, namespace: string, name: string): Promise<T | undefined> {
    this.reads++;
    return Promise.resolve(this.#objects.get(`${group}/${resource}/${namespace}/${name}`) as T | undefined);
  }

  list<T extends KubeObject>(group: string, resource: string, namespace: string): Promise<readonly T[]> {
    this.reads++;
    const prefix = `${group}/${resource}/${namespace === '' ? '' : `${namespace}/`}`;
    return Promise.resolve([...this.#objects].filter(([key]) => key.startsWith(prefix)).map(([, object]) => object as T));
  }

  create(group: string, resource: string, object: KubeObject): Promise<void> {
    if (this.#objects.has(keyOf(group, resource, object))) return Promise.reject(alreadyExists({ group, resource }, object.metadata.name ?? ''));
    this.put(group, resource, object);
    return Promise.resolve();
  }

  update(group: string, resource: string, object: KubeObject): Promise<void> {
    this.put(group, resource, object);
    return Promise.resolve();
  }

  put(group: string, resource: string, object: KubeObject): void {
    this.#objects.set(keyOf(group, resource, object), object);
    this.#changed(group, resource);
  }

  delete(group: string, resource: string, namespace: string, name: string): void {
    this.#objects.delete(`${group}/${resource}/${namespace}/${name}`);
    this.#changed(group, resource);
  }

  onChange(group: string, resource: string, listener: () => void): () => void {
    const entry = [`${group}/${resource}`, listener] as const;
    this.#listeners.add(entry);
    return () => void this.#listeners.delete(entry);
  }

  #changed(group: string, resource: string): void {
    for (const [key, listener] of this.#listeners) if (key === `${group}/${resource}`) listener();
  }
}

function keyOf(group: string, resource: string, object: KubeObject): string {
  return `${group}/${resource}/${object.metadata.namespace ?? ''}/${object.metadata.name ?? ''}`;
}

import { ApiError, alreadyExists, conflict, notFound, type KubeObject } from '@rhythm/api';

export const sampleGroup = 'wardle.example.com';
export const sampleVersion = 'v1alpha1';
const resource = { group: sampleGroup, resource: 'flunders' };

export interface Flunder extends KubeObject {
  spec?: Record<string, unknown>;
}

export interface FlunderEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: Flunder;
  readonly revision: number;
}

/** Flunders and how they came to be what they are. */
export class Flunders {
  readonly #objects = new Map<string, Flunder>();
  readonly #events: FlunderEvent[] = [];
  readonly #watchers = new Set<(event: FlunderEvent) => void>();
  #revision = 1;

  get revision(): number {
    return this.#revision;
  }

  list(namespace: string, labelSelector: string): Flunder[] {
    return [...this.#objects.values()].filter((object) => (namespace === '' || object.metadata.namespace === namespace) && isSelected(object, labelSelector));
  }

  get(namespace: string, name: string): Flunder {
    const found = this.#objects.get(`${namespace}/${name}`);
    if (found === undefined) throw notFound(resource, name);
    return found;
  }

  create(namespace: string, object: Flunder, now: string): Flunder {
    const name = object.metadata.name ?? '';
    if (name === '') throw new ApiError('BadRequest', 'name is required');
    if (this.#objects.has(`${namespace}/${name}`)) throw alreadyExists(resource, name);
    return this.#put('ADDED', { ...object, metadata: { ...object.metadata, namespace, uid: `flunder-${this.#revision}`, creationTimestamp: now } });
  }

  update(namespace: string, name: string, object: Flunder): Flunder {
    const before = this.get(namespace, name);
    const wanted = object.metadata.resourceVersion;
    if (wanted !== undefined && wanted !== before.metadata.resourceVersion) throw conflict(resource, name, 'the object has been modified');
    const { uid = '', creationTimestamp = '' } = before.metadata;
    return this.#put('MODIFIED', { ...object, metadata: { ...object.metadata, namespace, name, uid, creationTimestamp } });
  }

  delete(namespace: string, name: string): Flunder {
    const before = this.get(namespace, name);
    this.#objects.delete(`${namespace}/${name}`);
    this.#tell('DELETED', { ...before, metadata: { ...before.metadata, resourceVersion: String(++this.#revision) } });
    return before;
  }

  /** What happened after `revision`, then what happens. Returns how to stop that. */
  watch(revision: number, listener: (event: FlunderEvent) => void): () => void {
    for (const event of this.#events) if (event.revision > revision) listener(event);
    this.#watchers.add(listener);
    return () => this.#watchers.delete(listener);
  }

  #put(type: 'ADDED' | 'MODIFIED', object: Flunder): Flunder {
    const kept: Flunder = { ...object, apiVersion: `${sampleGroup}/${sampleVersion}`, kind: 'Flunder', metadata: { ...object.metadata, resourceVersion: String(++this.#revision) } };
    this.#objects.set(`${kept.metadata.namespace ?? ''}/${kept.metadata.name ?? ''}`, kept);
    this.#tell(type, kept);
    return kept;
  }

  #tell(type: FlunderEvent['type'], object: Flunder): void {
    const event = { type, object, revision: this.#revision };
    this.#events.push(event);
    for (const watcher of this.#watchers) watcher(event);
  }
}

/** `key=value`, several with commas between them. */
function isSelected({ metadata }: Flunder, selector: string): boolean {
  return selector.split(',').filter((part) => part !== '').every((part) => {
    const [key = '', value = ''] = part.split(/==?/);
    return metadata.labels?.[key] === value;
  });
}

import type { KubeObject, TypedResource } from '@rhythm/api';

export interface ListOptions {
  /** Label selector, in the syntax of the API. */
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly resourceVersion?: string;
  readonly limit?: number;
  readonly continue?: string;
  readonly signal?: AbortSignal;
}

export interface WatchOptions extends Pick<ListOptions, 'labelSelector' | 'fieldSelector'> {
  /** Events after this version; empty or absent: the current state first, as ADDED. */
  readonly resourceVersion?: string;
  /** Ask for BOOKMARK events; default true. */
  readonly allowWatchBookmarks?: boolean;
  readonly signal?: AbortSignal;
}

export interface ObjectList<T> {
  readonly items: readonly T[];
  readonly resourceVersion: string;
  readonly continue?: string;
}

export type WatchEvent<T> =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: T }
  | { readonly type: 'BOOKMARK'; readonly resourceVersion: string };

export type PatchType = 'json' | 'merge' | 'strategic' | 'apply';

export interface WriteOptions {
  /** Which subresource is written: "status", "scale", "binding", "eviction", "token" ... */
  readonly subresource?: string;
  readonly fieldManager?: string;
  readonly dryRun?: boolean;
  readonly signal?: AbortSignal;
}

export interface DeleteOptions extends WriteOptions {
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: 'Orphan' | 'Background' | 'Foreground';
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
}

/**
 * The Kubernetes API as components use it. Every method rejects with an `ApiError` that carries the server's
 * Status; a broken connection is `ServiceUnavailable`, and then a write may or may not have happened.
 * `namespace` is '' for cluster-scoped resources, and for all namespaces in `list` and `watch`.
 */
export interface ApiClient {
  get<T extends KubeObject>(resource: TypedResource<T>, namespace: string, name: string, options?: { subresource?: string; signal?: AbortSignal }): Promise<T>;
  list<T extends KubeObject>(resource: TypedResource<T>, namespace: string, options?: ListOptions): Promise<ObjectList<T>>;
  /** One watch, without resuming; ends with `ApiError` Expired when the version is too old. */
  watch<T extends KubeObject>(resource: TypedResource<T>, namespace: string, options?: WatchOptions): AsyncIterable<WatchEvent<T>>;
  create<T extends KubeObject>(resource: TypedResource<T>, namespace: string, object: T, options?: WriteOptions): Promise<T>;
  /** POST to a subresource of a named object (binding, eviction, token), whose type differs from the object's. */
  createSubresource<R>(resource: TypedResource, namespace: string, name: string, subresource: string, body: unknown, options?: WriteOptions): Promise<R>;
  update<T extends KubeObject>(resource: TypedResource<T>, object: T, options?: WriteOptions): Promise<T>;
  patch<T extends KubeObject>(resource: TypedResource<T>, namespace: string, name: string, type: PatchType, patch: unknown, options?: WriteOptions): Promise<T>;
  delete(resource: TypedResource, namespace: string, name: string, options?: DeleteOptions): Promise<void>;
}

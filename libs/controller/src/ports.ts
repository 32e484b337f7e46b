import type { KubeObject } from '@rhythm/api';

/** `namespace/name`, or `name` for cluster-scoped objects. */
export type ObjectKey = string;

export interface InformerHandler<T> {
  onAdd?(object: T): void;
  onUpdate?(old: T, object: T): void;
  onDelete?(object: T): void;
}

/** A local, eventually current copy of one kind: list, then watch, for ever. Objects in it are never changed in place. */
export interface Informer<T extends KubeObject> {
  get(key: ObjectKey): T | undefined;
  list(): readonly T[];
  /** The objects whose value under index `name` contains `value`; indexes are declared when the informer is made. */
  byIndex(name: string, value: string): readonly T[];
  /** Handlers get an add for each object already there. */
  addHandler(handler: InformerHandler<T>): void;
  /** Resolves once the first list is in. */
  synced(): Promise<void>;
}

export type IndexFunctions<T> = Readonly<Record<string, (object: T) => readonly string[]>>;

/** What a reconcile asks for: nothing more, or another look later. Throwing asks for a retry with back-off. */
export type ReconcileResult = { readonly kind: 'done' } | { readonly kind: 'later'; readonly afterMs: number };

export const done: ReconcileResult = { kind: 'done' };
export const later = (afterMs: number): ReconcileResult => ({ kind: 'later', afterMs });

export type Reconcile = (key: ObjectKey, signal: AbortSignal) => Promise<ReconcileResult>;

/** Writes Kubernetes Events, repeated ones counted on the same object. Never throws; failures are logged. */
export interface EventRecorder {
  event(about: KubeObject, type: 'Normal' | 'Warning', reason: string, message: string, fieldPath?: string): void;
}

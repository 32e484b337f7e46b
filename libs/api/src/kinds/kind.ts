import type { Instant } from '@rhythm/base';
import type { CustomResourceSubresourceScale, JSONSchemaProps } from '../gen/types/apiextensions-v1.ts';
import type { KubeObject } from '../resource.ts';
import type { SchemaNode } from '../schema/node.ts';
import type { FieldError } from '../status.ts';

/** A column of the kind's Table (printer-columns.tsv). */
export interface Column {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'date';
  readonly format: string;
  readonly description: string;
  /** 0: always shown, 1: only in wide output. */
  readonly priority: number;
}

export type Cell = string | number | boolean | null;

/** A subresource and what it takes and gives. */
export interface Subresource {
  readonly name: string;
  /** Kind of the body, which may be another one: Scale, Binding, Eviction, TokenRequest. */
  readonly kind: string;
  readonly group: string;
  readonly version: string;
  readonly verbs: readonly string[];
}

/** What only kinds of CustomResourceDefinitions have. */
export interface CustomFacts {
  /** Name of the definition. */
  readonly definition: string;
  /** The schema as it was written, for documents; it may be made anew each time. */
  readonly openApi?: JSONSchemaProps | undefined;
  readonly scale?: CustomResourceSubresourceScale;
}

/**
 * Everything about one served kind: what is generic comes from `schema`, what is not is a pure function here.
 * Functions may change the object they are given, which is the caller's own copy.
 */
export interface KindDefinition<T extends KubeObject = KubeObject> {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly listKind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
  readonly subresources: readonly Subresource[];
  readonly storageVersionHash: string;
  readonly schema: SchemaNode;
  /** Where the kind is stored; `/registry/PREFIX/…`. Usually the plural, `group/plural` outside the built-in groups' habits. */
  readonly storagePrefix: string;
  /** Versions of the same object that share its storage (autoscaling/v1 is converted from v2; events.k8s.io from core). */
  readonly storedAs?: {
    readonly group: string;
    readonly version: string;
    toStored(object: KubeObject): KubeObject;
    fromStored(object: KubeObject): KubeObject;
    /** What fields of selectors are called in the stored version, where that differs. */
    readonly storedFields?: Readonly<Record<string, string>>;
  };
  /** Values that depend on other fields (defaults.tsv); constant defaults are in the schema. Runs on every decode. */
  setDefaults?(object: T): void;
  /** Clears what a client may not set on create: status, generation := 1. */
  prepareForCreate?(object: T): void;
  /** Restores what this update may not change (status on the main resource) and moves generation on a spec change. */
  prepareForUpdate?(object: T, old: T): void;
  /** The same for writes to `status`: everything but status comes from `old`. */
  prepareForStatusUpdate?(object: T, old: T): void;
  /** `old`: absent on create. Only kinds whose rules may have become stricter since it was stored look at it. */
  validate?(object: T, old?: T): FieldError[];
  validateUpdate?(object: T, old: T): FieldError[];
  /** The rules of a write to `status`: what is not status came from the store and is not judged again. */
  validateStatusUpdate?(object: T, old: T): FieldError[];
  /** What is allowed, and yet worth a word to whoever wrote it (`Warning: 299`). `old`: absent on create. */
  warnings?(object: T, old?: T): string[];
  readonly columns: readonly Column[];
  /** One cell per column. */
  cells(object: T, now: Instant): Cell[];
  /** Field selectors besides `metadata.name` and `metadata.namespace`. */
  selectableFields?(object: T): Readonly<Record<string, string>>;
  /** Brings a stored object in line with the present schema, in place; true when it changed something. Only of kinds whose schema changes. */
  refresh?(object: KubeObject): boolean;
  /**
   * Brings objects of any version of the kind into this one, in their order; those that are in it already stay as they are. Only of kinds that a
   * webhook converts: theirs are stored in whatever version was the storage version then, and `storedAs` says nothing of them.
   */
  convert?(objects: readonly KubeObject[]): Promise<KubeObject[]>;
  /** A finalizer that a delete adds: its owner has to clean up first. */
  readonly deletionFinalizer?: string;
  /** The warning that belongs to every call on the kind. */
  readonly deprecation?: string;
  /** Of kinds that a CustomResourceDefinition defines. */
  readonly custom?: CustomFacts;
  /** Seconds of grace when a delete does not say; pods only. */
  defaultGracePeriod?(object: T): number;
}

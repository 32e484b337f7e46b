import { together } from '../validation/field-error.ts';
import type { Instant } from '@rhythm/base';
import { deepCopy } from '../patch/values.ts';
import type { KubeObject } from '../resource.ts';
import type { SchemaNode } from '../schema/node.ts';
import { schemaFor } from '../schema/table.ts';
import { checkDns1123Subdomain } from '../validation/names.ts';
import { validateObjectMeta, validateObjectMetaUpdate } from '../validation/object-meta.ts';
import type { NameRule } from '../validation/object-meta.ts';
import { semanticEqual } from '../validation/semantic-equal.ts';
import { genericCells, genericColumns } from './columns.ts';
import type { Cell, Column, KindDefinition, Subresource } from './kind.ts';

/** What a kind's file says; everything absent has the usual value. */
export interface KindFacts<T extends KubeObject>
  extends Partial<Pick<KindDefinition<T>,
    'listKind' | 'singular' | 'shortNames' | 'categories' | 'verbs' | 'storageVersionHash' | 'storagePrefix' | 'storedAs'
    | 'setDefaults' | 'prepareForCreate' | 'prepareForUpdate' | 'prepareForStatusUpdate' | 'validate' | 'validateUpdate' | 'validateStatusUpdate' | 'warnings'
    | 'selectableFields' | 'deletionFinalizer' | 'defaultGracePeriod'>> {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
  /** Subresources besides `status`. */
  readonly subresources?: readonly Subresource[];
  /** Whether there is a `status` that only its own subresource may change. */
  readonly status?: boolean;
  /** Whether a create may bring its status along, as a kubelet's does for its node. */
  readonly createsWithStatus?: boolean;
  /** The fields (JSON names, dotted) whose change moves `metadata.generation`; absent: the kind has no generation. */
  readonly generationFields?: readonly string[];
  /** The same for kinds whose first change gives them one. */
  readonly countChanges?: readonly string[];
  /** The syntax of names; a DNS subdomain when absent. */
  readonly checkName?: NameRule;
  readonly columns?: readonly Column[];
  cells?(object: T, now: Instant): Cell[];
}

export const standardVerbs: readonly string[] = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
export const createOnly: readonly string[] = ['create'];
const subresourceVerbs: readonly string[] = ['get', 'patch', 'update'];

/** The definition of a kind: its facts completed with what most kinds have in common. */
export function defineKind<T extends KubeObject>(facts: KindFacts<T>): KindDefinition<T> {
  const { group, version, kind } = facts;
  const hasStatus = facts.status === true;
  const isStored = facts.verbs === undefined || facts.verbs.includes('get');
  const metaRules = { namespaced: facts.namespaced, checkName: facts.checkName ?? checkDns1123Subdomain, anyFinalizer: facts.deletionFinalizer !== undefined };
  const subresources = together((facts.subresources ?? []), (hasStatus ? [subresource('status', kind, { group, version })] : []));
  return {
    ...facts,
    listKind: facts.listKind ?? `${kind}List`,
    singular: facts.singular ?? kind.toLowerCase(),
    shortNames: facts.shortNames ?? [],
    categories: facts.categories ?? [],
    verbs: facts.verbs ?? standardVerbs,
    subresources: subresources.sort((a, b) => (a.name < b.name ? -1 : 1)),
    storageVersionHash: facts.storageVersionHash ?? '',
    storagePrefix: facts.storagePrefix ?? facts.plural,
    get schema(): SchemaNode {
      return schemaFor(group, version, kind) ?? anyObject;
    },
    prepareForCreate(object: T): void {
      if (hasStatus && facts.createsWithStatus !== true) resetStatus(object);
      if (facts.generationFields === undefined) delete object.metadata.generation;
      else object.metadata.generation = 1;
      facts.prepareForCreate?.(object);
    },
    prepareForUpdate(object: T, old: T): void {
      if (hasStatus) keepStatus(object, old);
      facts.prepareForUpdate?.(object, old);
      moveGeneration(object, old, facts.generationFields ?? facts.countChanges);
    },
    ...(hasStatus ? { prepareForStatusUpdate: (object: T, old: T) => { keepAllButStatus(object, old); facts.prepareForStatusUpdate?.(object, old); } } : {}),
    // What may not change in metadata comes first, as upstream has it; what may not change in the rest last.
    validate: (object: T, old?: T) => together(
      old === undefined ? [] : validateObjectMetaUpdate(object.metadata, old.metadata),
      isStored ? validateObjectMeta(object.metadata, metaRules) : [],
      facts.validate?.(object, old) ?? [],
    ),
    validateUpdate: (object: T, old: T) => facts.validateUpdate?.(object, old) ?? [],
    ...(hasStatus
      ? { validateStatusUpdate: (object: T, old: T) => together(validateObjectMeta(object.metadata, metaRules), validateObjectMetaUpdate(object.metadata, old.metadata), (facts.validateStatusUpdate?.(object, old) ?? [])) }
      : {}),
    columns: facts.columns ?? genericColumns,
    cells: (object: T, now: Instant) => facts.cells?.(object, now) ?? genericCells(object),
  };
}

/** A subresource; its body is of the given kind, its verbs those of `status` unless it says otherwise. */
export function subresource(name: string, kind: string, of: { group: string; version: string }, verbs: readonly string[] = subresourceVerbs): Subresource {
  return { name, kind, group: of.group, version: of.version, verbs };
}

/** The `scale` subresource of workloads. */
export const scaleSubresource: Subresource = subresource('scale', 'Scale', { group: 'autoscaling', version: 'v1' });

/** For a kind that the table does not have: none of the built-in ones, a test sees to that. */
const anyObject: SchemaNode = { type: 'object', preserveUnknownFields: true };

type Fields = Record<string, unknown>;

function resetStatus(object: KubeObject): void {
  (object as unknown as Fields)['status'] = {};
}

function keepStatus(object: KubeObject, old: KubeObject): void {
  (object as unknown as Fields)['status'] = deepCopy((old as unknown as Fields)['status'] ?? {});
}

/** Everything but status and what metadata a status write may change comes from the stored object. */
function keepAllButStatus(object: KubeObject, old: KubeObject): void {
  const fields = object as unknown as Fields;
  for (const key of Object.keys(fields)) {
    if (!['kind', 'apiVersion', 'metadata', 'status'].includes(key)) delete fields[key];
  }
  for (const [key, value] of Object.entries(old)) {
    if (!['kind', 'apiVersion', 'metadata', 'status'].includes(key)) fields[key] = deepCopy(value);
  }
  keepGeneration(object, old);
}

function moveGeneration(object: KubeObject, old: KubeObject, fields: readonly string[] | undefined): void {
  keepGeneration(object, old);
  if (fields === undefined) return;
  const changed = fields.some((field) => !semanticEqual(valueAt(object, field), valueAt(old, field)));
  if (changed) object.metadata.generation = (old.metadata.generation ?? 0) + 1;
}

function keepGeneration(object: KubeObject, old: KubeObject): void {
  if (old.metadata.generation === undefined) delete object.metadata.generation;
  else object.metadata.generation = old.metadata.generation;
}

function valueAt(object: KubeObject, path: string): unknown {
  return path.split('.').reduce<unknown>((value, key) => (typeof value === 'object' && value !== null ? (value as Fields)[key] : undefined), object);
}

import type { KubeObject } from '../resource.ts';
import { ApiError } from '../status.ts';
import { blankObject } from './blank-object.ts';
import { isSame, taken } from './compare.ts';
import { ApplyConflict, type Conflict } from './conflict.ts';
import { difference, emptySet, equalSets, intersection, isEmpty, union, type FieldSet, type FieldSetDraft } from './field-set.ts';
import { fieldsOf } from './fields-of.ts';
import { allowedByLastApplied, followsLastApplied, syncLastApplied } from './last-applied.ts';
import { isBy, ownable, type Manager, type Writer } from './managed-fields.ts';
import { merge } from './merge.ts';
import { removeFields, withNamedFields } from './remove.ts';
import { dispossess, trackUpdate } from './track-update.ts';
import { Comparisons, type Typed, type Versions } from './versions.ts';

/** Who is said to have written an object that nobody's writes were kept of, when it is first applied. */
const beforeFirstApply = 'before-first-apply';

export interface ApplyRequest {
  readonly versions: Versions;
  /** The object as it is, without managedFields; absent when there is none. */
  readonly live: KubeObject | undefined;
  readonly managers: readonly Manager[];
  /** From `checkConfiguration`. */
  readonly configuration: KubeObject;
  readonly writer: Writer;
  /** Takes what others own. */
  readonly force: boolean;
  readonly skip: (name: string) => boolean;
  /** RFC 3339. */
  readonly now: string;
}

export interface Applied {
  /** Not defaulted yet; shares nothing that may be changed with the live object. */
  readonly object: Record<string, unknown>;
  readonly managers: readonly Manager[];
}

/**
 * Server-side apply (KEP-555): lays a configuration over the live object, takes away what this manager applied before and no longer
 * does, as far as nobody else owns it, and records who owns what. @throws ApplyConflict
 */
export function applyConfiguration(request: ApplyRequest): Applied {
  const { live, writer, configuration } = request;
  try {
    return synced(request, applied(request));
  } catch (error) {
    if (!(error instanceof ApplyConflict) || live === undefined || !followsLastApplied(writer)) throw error;
    const allowed = allowedByLastApplied(schemaIn(request.versions), configuration, live);
    const rest = error.conflicts.map((conflict) => ({ ...conflict, fields: difference(conflict.fields, allowed) })).filter(({ fields }) => !isEmpty(fields));
    if (rest.length > 0) throw new ApplyConflict(rest);
    return synced(request, applied({ ...request, force: true }));
  }
}

function synced({ writer, configuration, live }: ApplyRequest, result: Applied): Applied {
  if (live !== undefined && followsLastApplied(writer)) syncLastApplied(result.object, configuration);
  return result;
}

function applied(request: ApplyRequest): Applied {
  const { versions, live, configuration, writer, force, skip, now } = request;
  const schema = schemaIn(versions);
  const blank = blankObject(schema);
  const managers = live !== undefined && request.managers.length === 0 ? trackUpdate([], { versions, before: blank, after: live, skip }, { ...writer, manager: beforeFirstApply, operation: 'Update' }, now) : request.managers;
  const last = managers.find((manager) => isBy(manager, writer));
  const others = managers.filter((manager) => manager !== last);
  const wanted = without(fieldsOf(schema, configuration), skip);
  const before = live ?? blank;
  const merged = merge(schema, before, configuration);
  const object = last === undefined ? merged : prune(versions, merged, last, [...others, { ...writer, time: undefined, fields: wanted }]);
  const comparisons = new Comparisons(versions, before, object, skip);
  if (!force) refuseConflicts(others, comparisons);
  const left = dispossess(others, comparisons);
  const own = comparisons.in(writer.apiVersion);
  const fields = ownable(wanted);
  const unchanged = last !== undefined && own !== undefined && isSame(own) && equalSets(fields, last.fields) && last.apiVersion === writer.apiVersion;
  if (unchanged && request.managers === managers) return { object, managers };
  return { object, managers: isEmpty(fields) ? left : [...left, unchanged ? last : { ...writer, time: now, fields }] };
}

function refuseConflicts(others: readonly Manager[], comparisons: Comparisons): void {
  const conflicts: Conflict[] = [];
  for (const manager of others) {
    const comparison = comparisons.in(manager.apiVersion);
    const fields = comparison === undefined ? emptySet : intersection(manager.fields, taken(comparison));
    if (!isEmpty(fields)) conflicts.push({ manager, fields });
  }
  if (conflicts.length > 0) throw new ApplyConflict(conflicts);
}

/**
 * Takes away what the last configuration of this manager named and the new one does not, unless anybody owns it. Everything happens
 * in the version in which the last configuration was applied.
 */
function prune(versions: Versions, merged: Record<string, unknown>, last: Manager, managers: readonly Manager[]): Record<string, unknown> {
  const owned = managers.filter((manager) => manager.apiVersion === last.apiVersion).reduce((set, { fields }) => union(set, fields), emptySet);
  // The usual case: all that was named still is.
  if (isEmpty(difference(last.fields, owned))) return merged;
  const then = versions.to(last.apiVersion, merged);
  if (then === undefined) return merged;
  const gone = droppedFields(then, last.fields, union(owned, ownedElsewhere(versions, merged, then, last, managers)));
  return isEmpty(gone) ? merged : (versions.from(last.apiVersion, removeFields(then.schema, then.object, gone)) as Record<string, unknown>);
}

/** What managers of other versions own cannot be told field by field: where there are any, all that is left of their objects stays. */
function ownedElsewhere(versions: Versions, merged: object, then: Typed, last: Manager, managers: readonly Manager[]): FieldSet {
  let set = emptySet;
  for (const manager of managers) {
    if (manager.apiVersion === last.apiVersion) continue;
    const theirs = versions.to(manager.apiVersion, merged);
    if (theirs === undefined) continue;
    const all = withNamedFields(theirs.schema, fieldsOf(theirs.schema, theirs.object));
    const kept = removeFields(theirs.schema, theirs.object, difference(all, withNamedFields(theirs.schema, manager.fields)));
    const back = versions.to(last.apiVersion, versions.from(manager.apiVersion, kept));
    if (back !== undefined) set = union(set, fieldsOf(then.schema, back.object));
  }
  return set;
}

/**
 * Structs come and go with what they hold. So first everything that was applied goes, then what is owned comes back, and of the
 * difference only that is really removed which was in the last configuration.
 */
function droppedFields({ schema, object }: Typed, last: FieldSet, owned: FieldSet): FieldSet {
  const lastNamed = withNamedFields(schema, last);
  const all = withNamedFields(schema, fieldsOf(schema, object));
  const emptied = withNamedFields(schema, fieldsOf(schema, removeFields(schema, object, lastNamed)));
  const kept = removeFields(schema, object, difference(all, union(emptied, withNamedFields(schema, owned))));
  return intersection(difference(all, withNamedFields(schema, fieldsOf(schema, kept))), lastNamed);
}

function without(set: FieldSet, skip: (name: string) => boolean): FieldSet {
  const out: FieldSetDraft = {};
  for (const key in set) if (!skip(key.slice(2))) out[key] = set[key] ?? emptySet;
  return out;
}

function schemaIn(versions: Versions): Typed['schema'] {
  const typed = versions.to(versions.apiVersion, {});
  if (typed === undefined) throw new ApiError('InternalError', `${versions.apiVersion} has no schema`);
  return typed.schema;
}

import { isSame, taken } from './compare.ts';
import { difference, emptySet, isEmpty, union } from './field-set.ts';
import { capManagers, isBy, ownable, type Manager, type Writer } from './managed-fields.ts';
import { newFields } from './new-fields.ts';
import { Comparisons, type Versions } from './versions.ts';

export interface Change {
  readonly versions: Versions;
  /** The object before; of a new one what it is when nobody has said anything (`blankObject`). */
  readonly before: object;
  readonly after: object;
  /** Members of the root that this write cannot change, whatever it says. */
  readonly skip: (name: string) => boolean;
}

/**
 * Who owns what after a write that was no apply: the writer owns what it gave a value, nobody owns what is gone. The same array when
 * nothing has changed hands. `now`: RFC 3339.
 */
export function trackUpdate(managers: readonly Manager[], change: Change, writer: Writer, now: string): readonly Manager[] {
  const comparisons = new Comparisons(change.versions, change.before, change.after, change.skip);
  const own = comparisons.in(writer.apiVersion);
  if (own === undefined || isSame(own)) return managers;
  const took = ownable(taken(own));
  const left = dispossess(managers, comparisons);
  if (isEmpty(took)) return left;
  const previous = left.find((manager) => isBy(manager, writer));
  const fields = union(previous?.fields ?? emptySet, took);
  return capManagers([...left.filter((manager) => manager !== previous), { ...writer, time: now, fields }]);
}

/** The same for a new object, that nobody owns anything of yet: the writer takes what it says. */
export function trackCreate(change: Change, writer: Writer, now: string): readonly Manager[] {
  const typed = change.versions.to(writer.apiVersion, change.after);
  const found = typed === undefined || typed.object !== change.after ? undefined : newFields(typed.schema, change.before, typed.object, change.skip);
  if (found === undefined) return trackUpdate([], change, writer, now);
  const fields = ownable(found);
  return isEmpty(fields) ? [] : [{ ...writer, time: now, fields }];
}

/** Managers without the fields that now have another value, or none. Those with nothing left, or of a version that is gone, are dropped. */
export function dispossess(managers: readonly Manager[], comparisons: Comparisons): readonly Manager[] {
  const left: Manager[] = [];
  for (const manager of managers) {
    const comparison = comparisons.in(manager.apiVersion);
    if (comparison === undefined) continue;
    const fields = difference(difference(manager.fields, taken(comparison)), comparison.removed);
    if (fields === manager.fields) left.push(manager);
    else if (!isEmpty(fields)) left.push({ ...manager, fields });
  }
  return left;
}

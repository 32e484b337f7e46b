import type { KubeObject } from '@rhythm/api';
import { keyOf } from './key.ts';
import type { Informer, ObjectKey } from './ports.ts';

/**
 * Puts into a queue the keys that a change of an object concerns: by default its own. An update concerns what the
 * old and the new object name, so that an object that moves from one owner to another wakes both.
 */
export function enqueueOn<T extends KubeObject>(
  informer: Pick<Informer<T>, 'addHandler'>,
  queue: { add(key: ObjectKey): void },
  keys: (object: T) => readonly ObjectKey[] = (object) => [keyOf(object)],
): void {
  const add = (object: T): void => {
    for (const key of keys(object)) queue.add(key);
  };
  informer.addHandler({
    onAdd: add,
    onUpdate: (old, object) => {
      add(old);
      add(object);
    },
    onDelete: add,
  });
}

/** The key of the controller of an object, when it is of the given kind (for `enqueueOn`). */
export function controllerKey(object: KubeObject, kind: string): readonly ObjectKey[] {
  const owner = object.metadata.ownerReferences?.find((reference) => reference.controller === true);
  if (owner?.kind !== kind) return [];
  const namespace = object.metadata.namespace ?? '';
  return [namespace === '' ? owner.name : `${namespace}/${owner.name}`];
}

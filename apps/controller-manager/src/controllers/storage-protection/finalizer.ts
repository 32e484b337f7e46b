import { hasReason, type KubeObject, type TypedResource } from '@rhythm/api';
import type { ApiClient } from '@rhythm/client';

/** Writes an object with or without a finalizer, under the version it was read at; one that has gone has no need of it. */
export async function setFinalizer<T extends KubeObject>(client: ApiClient, resource: TypedResource<T>, object: T, finalizer: string, isSet: boolean): Promise<void> {
  const others = (object.metadata.finalizers ?? []).filter((name) => name !== finalizer);
  try {
    await client.update(resource, { ...object, metadata: { ...object.metadata, finalizers: isSet ? [...others, finalizer] : others } });
  } catch (error) {
    if (!hasReason(error, 'NotFound')) throw error;
  }
}

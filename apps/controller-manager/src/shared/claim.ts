import { hasReason, type KubeObject, type LabelMatcher, type TypedResource } from '@rhythm/api';
import type { OwnerReference } from '@rhythm/api/types/meta-v1';
import type { ApiClient } from '@rhythm/client';
import type { Informer } from '@rhythm/controller';
import { isControlledBy } from './owners.ts';

export interface Claim<T> {
  /** Controlled by the owner and selected. */
  readonly owned: readonly T[];
  /** Selected, without a controller: to be adopted. */
  readonly adopt: readonly T[];
  /** Controlled by the owner but no longer selected: to be let go. */
  readonly release: readonly T[];
}

/** Pure: sorts what an owner may claim. An owner that is being deleted adopts nothing and lets nothing go. */
export function planClaim<T extends KubeObject>(owner: KubeObject, matcher: LabelMatcher, controlled: readonly T[], orphans: readonly T[]): Claim<T> {
  const deleting = owner.metadata.deletionTimestamp !== undefined;
  const mine = controlled.filter((object) => isControlledBy(object, owner));
  const owned = mine.filter((object) => deleting || matcher.matches(object.metadata.labels));
  const release = deleting ? [] : mine.filter((object) => object.metadata.deletionTimestamp === undefined && !matcher.matches(object.metadata.labels));
  const adopt = deleting ? [] : orphans.filter((object) => object.metadata.deletionTimestamp === undefined && matcher.matches(object.metadata.labels));
  return { owned, adopt, release };
}

export interface Claimed<T extends KubeObject> {
  readonly owner: KubeObject;
  readonly reference: OwnerReference;
  readonly matcher: LabelMatcher;
  readonly resource: TypedResource<T>;
  readonly informer: Informer<T>;
  readonly client: ApiClient;
  /** Reads the owner from the server: adoption must not follow a stale cache into a deleted owner's arms. */
  readonly stillThere: () => Promise<boolean>;
}

/** Adopts and releases on the server; gives the objects that the owner controls afterwards. */
export async function claim<T extends KubeObject>(options: Claimed<T>): Promise<readonly T[]> {
  const { owner, matcher, informer, client, resource, reference } = options;
  const orphans = informer.byIndex('orphansOfNamespace', owner.metadata.namespace ?? '');
  const plan = planClaim(owner, matcher, informer.byIndex('controllerUid', owner.metadata.uid ?? ''), orphans);
  const owned = [...plan.owned];
  for (const object of plan.release) {
    await patchOwner(client, resource, object, { $patch: 'delete', uid: owner.metadata.uid });
  }
  if (plan.adopt.length === 0 || !(await options.stillThere())) return owned;
  for (const object of plan.adopt) {
    const adopted = await patchOwner(client, resource, object, reference);
    if (adopted !== undefined) owned.push(adopted);
  }
  return owned;
}

/** `undefined` when the object has gone meanwhile. The uid in the patch keeps a namesake from being taken for it. */
async function patchOwner<T extends KubeObject>(client: ApiClient, resource: TypedResource<T>, object: T, reference: object): Promise<T | undefined> {
  const { namespace = '', name = '', uid } = object.metadata;
  try {
    return await client.patch(resource, namespace, name, 'strategic', { metadata: { uid, ownerReferences: [reference] } });
  } catch (error) {
    if (hasReason(error, 'NotFound') || hasReason(error, 'Invalid') || hasReason(error, 'Conflict')) return undefined;
    throw error;
  }
}

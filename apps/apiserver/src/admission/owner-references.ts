import { apiVersionOf, type KindRegistry, type KubeObject } from '@rhythm/api';
import type { AdmissionRequest, AdmissionStep, Authorizer, RequestAttributes } from '../ports/types.ts';
import { deepEqual } from '../registry/deep-equal.ts';
import { refused } from './refuse.ts';

type OwnerReference = NonNullable<KubeObject['metadata']['ownerReferences']>[number];

/**
 * Owner references decide what is deleted with what: only who may delete an object may give it other owners, and only who may hold up the deletion of
 * an owner may block it. Not in force by default, as in Kubernetes: many operators create blocking references without that right.
 */
export function ownerReferences(authorizer: Authorizer, registry: KindRegistry): AdmissionStep {
  const may = async (attributes: RequestAttributes): Promise<string | undefined> => {
    const decision = await authorizer.authorize(attributes);
    return decision.allowed ? undefined : decision.reason;
  };
  return {
    name: 'OwnerReferencesPermissionEnforcement',
    async validate(request) {
      const { operation, attributes, object, old } = request;
      if ((operation !== 'CREATE' && operation !== 'UPDATE') || object === undefined || attributes.subresource !== '') return;
      const references = object.metadata.ownerReferences ?? [];
      if (deepEqual(references, old?.metadata.ownerReferences ?? [])) return;
      if (operation === 'UPDATE') {
        const why = await may({ ...attributes, verb: 'delete', name: object.metadata.name ?? attributes.name });
        if (why !== undefined) throw refused(request, `cannot set an ownerRef on a resource you can't delete: ${why}`);
      }
      for (const reference of newlyBlocking(references, old?.metadata.ownerReferences ?? [])) {
        const why = await may(finalizersOf(reference, request, registry));
        if (why !== undefined) throw refused(request, `cannot set blockOwnerDeletion if an ownerReference refers to a resource you can't set finalizers on: ${why}`);
      }
    },
  };
}

function newlyBlocking(references: readonly OwnerReference[], before: readonly OwnerReference[]): OwnerReference[] {
  const blocked = new Set(before.filter(({ blockOwnerDeletion }) => blockOwnerDeletion === true).map(({ uid }) => uid));
  return references.filter(({ blockOwnerDeletion, uid }) => blockOwnerDeletion === true && !blocked.has(uid));
}

/** What the right to hold up the deletion of an owner is asked by. */
function finalizersOf({ apiVersion, kind, name }: OwnerReference, request: AdmissionRequest, registry: KindRegistry): RequestAttributes {
  const owner = registry.kinds.find((known) => known.kind === kind && apiVersionOf(known) === apiVersion);
  if (owner === undefined) throw refused(request, `cannot set blockOwnerDeletion in this case because cannot find RESTMapping for APIVersion ${apiVersion} Kind ${kind}`);
  const { user, namespace } = request.attributes;
  return { user, verb: 'update', isResource: true, path: '', group: owner.group, version: owner.version, resource: owner.plural, subresource: 'finalizers', namespace: owner.namespaced ? namespace : '', name };
}

import type { KubeObject } from '@rhythm/api';
import type { IndexFunctions } from '@rhythm/controller';
import { controllerOf } from './owners.ts';

/** By the uid of the managing controller; those without one by namespace, as candidates for adoption. */
export const ownershipIndexes: IndexFunctions<KubeObject> = {
  controllerUid: (object) => {
    const uid = controllerOf(object)?.uid;
    return uid === undefined ? [] : [uid];
  },
  orphansOfNamespace: (object) => (controllerOf(object) === undefined ? [object.metadata.namespace ?? ''] : []),
};

export const namespaceIndex: IndexFunctions<KubeObject> = { namespace: (object) => [object.metadata.namespace ?? ''] };

import type { PersistentVolumeClaim } from '@rhythm/api/types/core-v1';
import type { StorageClass } from '@rhythm/api/types/storage-v1';
import type { AdmissionStep, ObjectReader } from '../../ports/types.ts';
import { markedDefault } from '../default-object.ts';
import { isCore } from '../refuse.ts';

const annotations = ['storageclass.kubernetes.io/is-default-class', 'storageclass.beta.kubernetes.io/is-default-class'];
const classAnnotation = 'volume.beta.kubernetes.io/storage-class';

/** A claim that says nothing of a class gets the default one; one that says '' wants none. */
export function defaultStorageClass(reader: ObjectReader): AdmissionStep {
  return {
    name: 'DefaultStorageClass',
    resources: ['/persistentvolumeclaims'],
    async admit(request) {
      if (request.operation !== 'CREATE' || !isCore(request, 'persistentvolumeclaims') || request.object === undefined) return;
      const claim = request.object as PersistentVolumeClaim;
      if (claim.spec === undefined || claim.spec.storageClassName !== undefined || claim.metadata.annotations?.[classAnnotation] !== undefined) return;
      const found = markedDefault(await reader.list<StorageClass>('storage.k8s.io', 'storageclasses', ''), annotations);
      if (found !== undefined) claim.spec.storageClassName = found.metadata.name ?? '';
    },
  };
}

import { compareQuantities, isQuantity, parseQuantity, storageClassOf } from '@rhythm/api';
import type { PersistentVolumeClaim } from '@rhythm/api/types/core-v1';
import type { StorageClass } from '@rhythm/api/types/storage-v1';
import type { AdmissionStep, ObjectReader } from '../../ports/types.ts';
import { isCore, refused } from '../refuse.ts';

/** A claim grows only when it is bound, and its class says that volumes may. */
export function claimResize(reader: ObjectReader): AdmissionStep {
  return {
    name: 'PersistentVolumeClaimResize',
    resources: ['/persistentvolumeclaims'],
    async validate(request) {
      if (request.operation !== 'UPDATE' || !isCore(request, 'persistentvolumeclaims') || request.object === undefined || request.old === undefined) return;
      const [claim, old] = [request.object as PersistentVolumeClaim, request.old as PersistentVolumeClaim];
      if (!grows(old, claim)) return;
      if (old.status?.phase !== 'Bound') throw refused(request, 'only bound persistent volume claims can be expanded');
      const name = storageClassOf(claim);
      const found = name === '' || name !== storageClassOf(old) ? undefined : await reader.get<StorageClass>('storage.k8s.io', 'storageclasses', '', name);
      if (found?.allowVolumeExpansion !== true) throw refused(request, 'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize');
    },
  };
}

function grows(old: PersistentVolumeClaim, claim: PersistentVolumeClaim): boolean {
  const [before, after] = [old, claim].map(({ spec }) => spec?.resources?.requests?.storage ?? '0');
  if (before === undefined || after === undefined || !isQuantity(before) || !isQuantity(after)) return false;
  return compareQuantities(parseQuantity(after), parseQuantity(before)) > 0;
}

import type { AdmissionStep } from '../../pipeline/types.ts';
import { isCore } from '../refuse.ts';

const finalizers: ReadonlyArray<readonly [resource: string, finalizer: string]> = [
  ['persistentvolumeclaims', 'kubernetes.io/pvc-protection'],
  ['persistentvolumes', 'kubernetes.io/pv-protection'],
];

/** Claims and volumes stay until nobody uses them: controllers take the finalizer away then. */
export const storageProtection: AdmissionStep = {
  name: 'StorageObjectInUseProtection',
  resources: finalizers.map(([resource]) => `/${resource}`),
  admit(request) {
    const { object, operation } = request;
    if (operation !== 'CREATE' || object === undefined) return;
    for (const [resource, finalizer] of finalizers) {
      const present = object.metadata.finalizers ?? [];
      if (isCore(request, resource) && !present.includes(finalizer)) object.metadata.finalizers = [...present, finalizer];
    }
  },
};

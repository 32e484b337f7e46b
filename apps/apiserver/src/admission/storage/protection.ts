import type { AdmissionStep } from '../../ports/types.ts';

const finalizers: ReadonlyMap<string, string> = new Map([
  ['/persistentvolumeclaims', 'kubernetes.io/pvc-protection'],
  ['/persistentvolumes', 'kubernetes.io/pv-protection'],
  ['storage.k8s.io/volumeattributesclasses', 'kubernetes.io/vac-protection'],
]);

/** Claims, volumes and their classes of attributes stay until nobody uses them: controllers take the finalizer away then. */
export const storageProtection: AdmissionStep = {
  name: 'StorageObjectInUseProtection',
  resources: [...finalizers.keys()],
  admit({ object, operation, attributes: { group, resource, subresource } }) {
    if (operation !== 'CREATE' || object === undefined || subresource !== '') return;
    const finalizer = finalizers.get(`${group}/${resource}`);
    const present = object.metadata.finalizers ?? [];
    if (finalizer !== undefined && !present.includes(finalizer)) object.metadata.finalizers = [...present, finalizer];
  },
};

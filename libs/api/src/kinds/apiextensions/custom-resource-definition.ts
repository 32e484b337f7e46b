import type { CustomResourceDefinition } from '../../gen/types/apiextensions-v1.ts';
import { defineKind } from '../define-kind.ts';
import { validateDefinition, validateDefinitionStatus, validateDefinitionUpdate } from './validation.ts';

export const customResourceDefinition = defineKind<CustomResourceDefinition>({
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  shortNames: ['crd', 'crds'],
  categories: ['api-extensions'],
  namespaced: false,
  status: true,
  generationFields: ['spec'],
  storageVersionHash: 'M5uH+AlWATY=',
  deletionFinalizer: 'customresourcecleanup.apiextensions.k8s.io',
  storagePrefix: 'apiextensions.k8s.io/customresourcedefinitions',
  setDefaults({ spec, status }) {
    if (spec?.names === undefined) return;
    spec.names.singular ||= (spec.names.kind ?? '').toLowerCase();
    if ((spec.names.kind ?? '') !== '') spec.names.listKind ||= `${spec.names.kind}List`;
    spec.conversion ??= { strategy: 'None' };
    const stored = storageVersion(spec);
    if (status !== undefined && stored !== undefined && (status.storedVersions ?? []).length === 0) status.storedVersions = [stored];
  },
  prepareForCreate: (object) => rememberStorageVersion(object),
  prepareForUpdate: (object) => rememberStorageVersion(object),
  validate: validateDefinition,
  validateUpdate: validateDefinitionUpdate,
  validateStatusUpdate: validateDefinitionStatus,
});

/** The version that objects are written in is listed in the status for as long as any object may be stored in it. */
function rememberStorageVersion(object: CustomResourceDefinition): void {
  const stored = storageVersion(object.spec);
  const listed = object.status?.storedVersions ?? [];
  if (stored !== undefined && !listed.includes(stored)) object.status = { ...object.status, storedVersions: [...listed, stored] };
}

function storageVersion(spec: CustomResourceDefinition['spec']): string | undefined {
  return (spec?.versions ?? []).find((version) => version.storage)?.name;
}

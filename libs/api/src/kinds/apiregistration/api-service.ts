import type { APIService } from '../../gen/types/apiregistration-v1.ts';
import { age, ageColumn, column, nameColumn } from '../columns.ts';
import { defineKind } from '../define-kind.ts';
import { invalidValue } from '../../validation/field-error.ts';

export const apiService = defineKind<APIService>({
  group: 'apiregistration.k8s.io',
  version: 'v1',
  kind: 'APIService',
  plural: 'apiservices',
  categories: ['api-extensions'],
  namespaced: false,
  status: true,
  storageVersionHash: 'InPBPD7+PqM=',
  storagePrefix: 'apiregistration.k8s.io/apiservices',
  setDefaults({ spec }) {
    if (spec?.service !== undefined) spec.service.port ??= 443;
  },
  prepareForCreate(object) {
    if (object.spec?.service !== undefined) return;
    object.status = { conditions: [{ type: 'Available', status: 'True', reason: 'Local', message: 'Local APIServices are always available' }] };
  },
  validate({ metadata, spec }) {
    const expected = `${spec?.version ?? ''}.${spec?.group ?? ''}`;
    if (metadata.name === expected || metadata.name === undefined) return [];
    return [invalidValue('metadata.name', metadata.name, `must be \`spec.version+"."+spec.group\`: ${JSON.stringify(expected)}`)];
  },
  columns: [nameColumn, column('Service'), column('Available'), ageColumn],
  cells: (object, now) => [object.metadata.name ?? '', serviceText(object), availableText(object), age(object, now)],
});

function serviceText(object: APIService): string {
  const service = object.spec?.service;
  return service === undefined ? 'Local' : `${service.namespace ?? ''}/${service.name ?? ''}`;
}

function availableText(object: APIService): string {
  const condition = (object.status?.conditions ?? []).find((c) => c.type === 'Available');
  if (condition === undefined) return 'Unknown';
  return condition.status === 'True' ? 'True' : `${condition.status} (${condition.reason ?? ''})`;
}

import type { APIService } from '../../gen/types/apiregistration-v1.ts';
import { age, ageColumn, column, nameColumn } from '../columns.ts';
import { defineKind } from '../define-kind.ts';
import type { FieldError } from '../../status.ts';
import { at, child, invalidValue, required } from '../../validation/field-error.ts';
import { checkDns1035Label, checkDns1123Subdomain, checkPathSegment } from '../../validation/names.ts';
import { checked, oneOf } from '../../validation/values.ts';

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
  checkName: checkPathSegment,
  setDefaults({ spec }) {
    if (spec?.service !== undefined) spec.service.port ??= 443;
  },
  prepareForCreate(object) {
    if (object.spec?.service !== undefined) return;
    const { creationTimestamp } = object.metadata;
    const since = creationTimestamp === undefined ? {} : { lastTransitionTime: creationTimestamp };
    object.status = { conditions: [{ type: 'Available', status: 'True', ...since, reason: 'Local', message: 'Local APIServices are always available' }] };
  },
  validate: validateApiService,
  validateStatusUpdate({ status }) {
    return (status?.conditions ?? []).flatMap((condition, i) => oneOf(condition.status, child(at('status.conditions', i), 'status'), ['True', 'False', 'Unknown']));
  },
  columns: [nameColumn, column('Service'), column('Available'), ageColumn],
  cells: (object, now) => [object.metadata.name ?? '', serviceText(object), availableText(object), age(object, now)],
});

const groupPriorityMax = 20_000;
const versionPriorityMax = 1_000;

/** kube-aggregator, ValidateAPIService. */
function validateApiService({ metadata, spec }: APIService): FieldError[] {
  const { group = '', version = '' } = spec ?? {};
  const expected = `${version}.${group}`;
  const errors: FieldError[] = [];
  if (metadata.name !== expected && metadata.name !== undefined) errors.push(invalidValue('metadata.name', metadata.name, `must be \`spec.version+"."+spec.group\`: ${JSON.stringify(expected)}`));
  if (group === '' && version !== 'v1') errors.push(required('spec.group', 'only v1 may have an empty group and it better be legacy kube'));
  if (group !== '') errors.push(...checked(group, 'spec.group', checkDns1123Subdomain));
  errors.push(...checkDns1035Label(version).map((text) => invalidValue('spec.version', version, text)));
  errors.push(...priority('spec.groupPriorityMinimum', spec?.groupPriorityMinimum ?? 0, groupPriorityMax), ...priority('spec.versionPriority', spec?.versionPriority ?? 0, versionPriorityMax));
  return [...errors, ...(spec === undefined ? [] : validateService(spec))];
}

function priority(field: string, value: number, max: number): FieldError[] {
  return value > 0 && value <= max ? [] : [invalidValue(field, value, `must be positive and less than ${max}`)];
}

function validateService({ service, caBundle, insecureSkipTLSVerify }: APIService['spec'] & object): FieldError[] {
  const errors: FieldError[] = [];
  const hasBundle = (caBundle ?? '') !== '';
  if (service === undefined) {
    if (hasBundle) errors.push(invalidValue('spec.caBundle', `${Math.floor(((caBundle ?? '').replace(/=+$/, '').length * 3) / 4)} bytes`, 'local APIServices may not have a caBundle'));
    if (insecureSkipTLSVerify === true) errors.push(invalidValue('spec.insecureSkipTLSVerify', true, 'local APIServices may not have insecureSkipTLSVerify'));
    return errors;
  }
  if ((service.namespace ?? '') === '') errors.push(required('spec.service.namespace'));
  if ((service.name ?? '') === '') errors.push(required('spec.service.name'));
  if (insecureSkipTLSVerify === true && hasBundle) errors.push(invalidValue('spec.insecureSkipTLSVerify', true, 'may not be true if caBundle is present'));
  return errors;
}

function serviceText(object: APIService): string {
  const service = object.spec?.service;
  return service === undefined ? 'Local' : `${service.namespace ?? ''}/${service.name ?? ''}`;
}

function availableText(object: APIService): string {
  const condition = (object.status?.conditions ?? []).find((c) => c.type === 'Available');
  if (condition === undefined) return 'Unknown';
  return condition.status === 'True' ? 'True' : `${condition.status} (${condition.reason ?? ''})`;
}

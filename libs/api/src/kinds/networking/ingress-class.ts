import type { IngressClass } from '../../gen/types/networking-v1.ts';
import { age, ageColumn, column, nameColumn } from '../columns.ts';
import { defineKind } from '../define-kind.ts';
import { validateIngressClass } from './validation.ts';

export const ingressClass = defineKind<IngressClass>({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'IngressClass',
  plural: 'ingressclasses',
  namespaced: false,
  generationFields: ['spec'],
  storageVersionHash: 'l/iqIbDgFyQ=',
  setDefaults({ spec }) {
    if (spec?.parameters !== undefined) spec.parameters.scope ||= 'Cluster';
  },
  validate: validateIngressClass,
  columns: [nameColumn, column('Controller'), column('Parameters'), ageColumn],
  cells: (object, now) => [object.metadata.name ?? '', object.spec?.controller ?? '', parametersText(object), age(object, now)],
});

function parametersText(object: IngressClass): string {
  const parameters = object.spec?.parameters;
  if (parameters === undefined) return '<none>';
  const group = parameters.apiGroup === undefined ? '' : `.${parameters.apiGroup}`;
  return `${parameters.kind}${group}/${parameters.name}`;
}

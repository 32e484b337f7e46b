import type { Ingress } from '../../gen/types/networking-v1.ts';
import { age, ageColumn, column, nameColumn } from '../columns.ts';
import { defineKind } from '../define-kind.ts';
import { ingressWarnings } from '../warnings/others.ts';
import { firstOf } from '../first-of.ts';
import { validateIngress, validateIngressStatus } from './validation.ts';

export const ingress = defineKind<Ingress>({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'Ingress',
  plural: 'ingresses',
  shortNames: ['ing'],
  namespaced: true,
  status: true,
  generationFields: ['spec'],
  storageVersionHash: '39NQlfNR+bo=',
  storagePrefix: 'ingress',
  validate: validateIngress,
  validateStatusUpdate: validateIngressStatus,
  warnings: ingressWarnings,
  columns: [nameColumn, column('Class'), column('Hosts'), column('Address'), column('Ports'), ageColumn],
  cells: (object, now) => [object.metadata.name ?? '', object.spec?.ingressClassName ?? '<none>', hostsText(object), addressText(object), (object.spec?.tls ?? []).length > 0 ? '80, 443' : '80', age(object, now)],
});

function hostsText(object: Ingress): string {
  return firstOf((object.spec?.rules ?? []).flatMap((rule) => (rule.host === undefined || rule.host === '' ? [] : [rule.host])), '*');
}

function addressText(object: Ingress): string {
  return (object.status?.loadBalancer?.ingress ?? []).map((i) => i.ip ?? i.hostname ?? '').filter((a) => a !== '').join(',');
}

import type { Service } from '../../gen/types/core-v1.ts';
import { age, ageColumn, column, labelsText, nameColumn, wide } from '../columns.ts';
import { defineKind, subresource } from '../define-kind.ts';
import { serviceWarnings } from '../warnings/others.ts';
import { keepAllocated, prepareServiceForCreate } from './service-addresses.ts';
import { setServiceDefaults } from './service-defaults.ts';
import { validateServiceStatus } from './service-update-validation.ts';
import { validateService } from './service-validation.ts';
import { checkDns1035Label } from '../../validation/names.ts';

export const service = defineKind<Service>({
  group: '',
  version: 'v1',
  kind: 'Service',
  plural: 'services',
  shortNames: ['svc'],
  categories: ['all'],
  namespaced: true,
  subresources: [subresource('proxy', 'ServiceProxyOptions', { group: '', version: 'v1' }, ['create', 'delete', 'get', 'patch', 'update'])],
  status: true,
  storageVersionHash: '0/CO1lhkEBI=',
  storagePrefix: 'services/specs',
  setDefaults: setServiceDefaults,
  prepareForCreate(object) {
    object.status = { loadBalancer: {} };
    prepareServiceForCreate(object);
  },
  prepareForUpdate: keepAllocated,
  validate: validateService,
  validateStatusUpdate: validateServiceStatus,
  checkName: checkDns1035Label,
  warnings: serviceWarnings,
  columns: [nameColumn, column('Type'), column('Cluster-IP'), column('External-IP'), column('Port(s)'), ageColumn, wide('Selector')],
  cells: (object, now) => [
    object.metadata.name ?? '',
    object.spec.type ?? '',
    object.spec.clusterIPs?.[0] ?? (object.spec.clusterIP || '<none>'),
    externalText(object),
    portsText(object),
    age(object, now),
    labelsText(object.spec.selector),
  ],
  selectableFields: (object) => ({ 'spec.clusterIP': object.spec?.clusterIP ?? '', 'spec.type': object.spec?.type ?? '' }),
});

function externalText(object: Service): string {
  const { type, externalIPs = [], externalName } = object.spec;
  if (type === 'ExternalName') return externalName ?? '';
  if (type !== 'LoadBalancer') return externalIPs.length === 0 ? '<none>' : externalIPs.join(',');
  const ingress = (object.status?.loadBalancer?.ingress ?? []).map((i) => i.ip || i.hostname || '').filter((a) => a !== '');
  const all = [...ingress, ...externalIPs];
  return all.length === 0 ? '<pending>' : all.join(',');
}

function portsText(object: Service): string {
  const ports = object.spec.ports ?? [];
  if (ports.length === 0) return '<none>';
  return ports.map((p) => `${p.port}${(p.nodePort ?? 0) > 0 ? `:${p.nodePort ?? 0}` : ''}/${p.protocol ?? 'TCP'}`).join(',');
}

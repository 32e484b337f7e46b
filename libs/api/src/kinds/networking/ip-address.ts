import type { IPAddress } from '../../gen/types/networking-v1.ts';
import { column, nameColumn } from '../columns.ts';
import { defineKind } from '../define-kind.ts';
import { validateIpAddress } from './validation.ts';
import { checkCanonicalIp } from '../../validation/ip.ts';
import { immutable } from '../../validation/values.ts';

export const ipAddress = defineKind<IPAddress>({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'IPAddress',
  plural: 'ipaddresses',
  shortNames: ['ip'],
  namespaced: false,
  storageVersionHash: '3f/plJFChNE=',
  checkName: checkCanonicalIp,
  validate: validateIpAddress,
  validateUpdate: (object, old) => immutable(object.spec?.parentRef, old.spec?.parentRef, 'spec.parentRef'),
  columns: [nameColumn, column('ParentRef')],
  cells: (object) => [object.metadata.name ?? '', parentText(object)],
});

function parentText(object: IPAddress): string {
  const parent = object.spec?.parentRef;
  if (parent === undefined) return '<none>';
  const resource = parent.group === undefined || parent.group === '' ? (parent.resource ?? '') : `${parent.resource ?? ''}.${parent.group}`;
  return [resource, parent.namespace, parent.name].filter((part) => part !== undefined && part !== '').join('/');
}

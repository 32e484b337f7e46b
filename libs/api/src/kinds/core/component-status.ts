import type { ComponentStatus } from '../../gen/types/core-v1.ts';
import { column, nameColumn } from '../columns.ts';
import { defineKind } from '../define-kind.ts';

export const componentStatus = defineKind<ComponentStatus>({
  group: '',
  version: 'v1',
  kind: 'ComponentStatus',
  plural: 'componentstatuses',
  shortNames: ['cs'],
  namespaced: false,
  verbs: ['get', 'list'],
  columns: [nameColumn, column('Status'), column('Message'), column('Error')],
  cells: (object) => componentCells(object),
});

function componentCells(object: ComponentStatus): string[] {
  const healthy = (object.conditions ?? []).find((c) => c.type === 'Healthy');
  const status = healthy?.status === 'True' ? 'Healthy' : healthy?.status === 'False' ? 'Unhealthy' : 'Unknown';
  return [object.metadata.name ?? '', status, healthy?.message ?? '', healthy?.error ?? ''];
}

import type { FlowSchema } from '../../gen/types/flowcontrol-v1.ts';
import { age, ageColumn, column, nameColumn } from '../columns.ts';
import { defineKind } from '../define-kind.ts';
import { validateFlowSchema, validateFlowStatus } from './validation.ts';

export const flowSchema = defineKind<FlowSchema>({
  group: 'flowcontrol.apiserver.k8s.io',
  version: 'v1',
  kind: 'FlowSchema',
  plural: 'flowschemas',
  namespaced: false,
  status: true,
  generationFields: ['spec'],
  validate: validateFlowSchema,
  validateStatusUpdate: validateFlowStatus,
  columns: [nameColumn, column('PriorityLevel'), column('MatchingPrecedence'), column('DistinguisherMethod'), ageColumn, column('MissingPL')],
  cells: (object, now) => [object.metadata.name ?? '', object.spec.priorityLevelConfiguration?.name ?? '', object.spec.matchingPrecedence, object.spec.distinguisherMethod?.type ?? '<none>', age(object, now), (object.status?.conditions ?? []).find((c) => c.type === 'Dangling')?.status ?? '?'],
});

import type { Instant } from '@rhythm/base';
import type { PriorityLevelConfiguration } from '../../gen/types/flowcontrol-v1.ts';
import { age, ageColumn, column, nameColumn } from '../columns.ts';
import { defineKind } from '../define-kind.ts';
import type { Cell } from '../kind.ts';
import { validateFlowStatus, validatePriorityLevel } from './validation.ts';

export const priorityLevelConfiguration = defineKind<PriorityLevelConfiguration>({
  group: 'flowcontrol.apiserver.k8s.io',
  version: 'v1',
  kind: 'PriorityLevelConfiguration',
  plural: 'prioritylevelconfigurations',
  namespaced: false,
  status: true,
  generationFields: ['spec'],
  validate: validatePriorityLevel,
  validateStatusUpdate: validateFlowStatus,
  columns: [nameColumn, column('Type'), column('NominalConcurrencyShares'), column('Queues'), column('HandSize'), column('QueueLengthLimit'), ageColumn],
  cells: (object, now) => levelCells(object, now),
});

function levelCells(object: PriorityLevelConfiguration, now: Instant): Cell[] {
  const { type, limited, exempt } = object.spec;
  const queuing = limited?.limitResponse?.queuing;
  return [
    object.metadata.name ?? '',
    type,
    (limited ?? exempt)?.nominalConcurrencyShares ?? '<none>',
    queuing?.queues ?? '<none>',
    queuing?.handSize ?? '<none>',
    queuing?.queueLengthLimit ?? '<none>',
    age(object, now),
  ];
}

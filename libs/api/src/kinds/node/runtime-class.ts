import type { RuntimeClass } from '../../gen/types/node-v1.ts';
import { age, ageColumn, column, nameColumn } from '../columns.ts';
import { defineKind } from '../define-kind.ts';
import { immutable } from '../../validation/values.ts';
import { distinct, each } from '../../validation/values.ts';
import { invalidEach } from '../../validation/field-error.ts';
import { validateLabels } from '../../validation/labels.ts';
import { validateAmounts } from '../pod-spec/resources.ts';
import { validateToleration } from '../pod-spec/scheduling.ts';
import { checkDns1123Label } from '../../validation/names.ts';
import { runtimeClassWarnings } from '../warnings/others.ts';

export const runtimeClass = defineKind<RuntimeClass>({
  group: 'node.k8s.io',
  version: 'v1',
  kind: 'RuntimeClass',
  plural: 'runtimeclasses',
  namespaced: false,
  storageVersionHash: 'WQTu1GL3T2Q=',
  validate: (object) => [
    ...invalidEach(checkDns1123Label(object.handler ?? ''), 'handler', object.handler ?? ''),
    ...validateAmounts(object.overhead?.podFixed ?? {}, 'overhead.limits'),
    ...validateLabels(object.scheduling?.nodeSelector, 'scheduling.nodeSelector'),
    ...each(object.scheduling?.tolerations, 'scheduling.tolerations', validateToleration),
    ...distinct(object.scheduling?.tolerations, 'scheduling.tolerations', (toleration) => JSON.stringify(toleration)),
  ],
  validateUpdate: (object, old) => immutable(object.handler, old.handler, 'handler'),
  warnings: runtimeClassWarnings,
  columns: [nameColumn, column('Handler'), ageColumn],
  cells: (object, now) => [object.metadata.name ?? '', object.handler, age(object, now)],
});

import type { PodDisruptionBudget, PodDisruptionBudgetSpec } from '../../gen/types/policy-v1.ts';
import { age, ageColumn, column, nameColumn } from '../columns.ts';
import { defineKind } from '../define-kind.ts';
import { validateLabelSelector } from '../../selectors/label-selector.ts';
import { validateConditions } from '../../validation/conditions.ts';
import { invalidValue } from '../../validation/field-error.ts';
import { atMost100Percent, intOrPercent, nonNegative, oneOf } from '../../validation/values.ts';

export const podDisruptionBudget = defineKind<PodDisruptionBudget>({
  group: 'policy',
  version: 'v1',
  kind: 'PodDisruptionBudget',
  plural: 'poddisruptionbudgets',
  shortNames: ['pdb'],
  namespaced: true,
  status: true,
  generationFields: ['spec'],
  storageVersionHash: 'EVWiDmWqyJw=',
  validate({ spec }) {
    const { minAvailable, maxUnavailable, selector, unhealthyPodEvictionPolicy } = spec ?? {};
    const both = minAvailable !== undefined && maxUnavailable !== undefined;
    return [
      ...(both ? [invalidValue('spec', innerSpec(spec), 'minAvailable and maxUnavailable cannot be both set')] : []),
      ...intOrPercent(minAvailable, 'spec.minAvailable'),
      ...atMost100Percent(minAvailable, 'spec.minAvailable'),
      ...intOrPercent(maxUnavailable, 'spec.maxUnavailable'),
      ...atMost100Percent(maxUnavailable, 'spec.maxUnavailable'),
      ...validateLabelSelector(selector, 'spec.selector'),
      ...oneOf(unhealthyPodEvictionPolicy, 'spec.unhealthyPodEvictionPolicy', ['AlwaysAllow', 'IfHealthyBudget']),
    ];
  },
  validateStatusUpdate: ({ status }) => [
    ...validateConditions(status?.conditions, 'status.conditions'),
    ...(['disruptionsAllowed', 'currentHealthy', 'desiredHealthy', 'expectedPods'] as const).flatMap((field) => nonNegative(status?.[field], `status.${field}`)),
  ],
  columns: [nameColumn, column('Min Available'), column('Max Unavailable'), column('Allowed Disruptions', 'integer'), ageColumn],
  cells: (object, now) => [object.metadata.name ?? '', String(object.spec?.minAvailable ?? 'N/A'), String(object.spec?.maxUnavailable ?? 'N/A'), object.status?.disruptionsAllowed ?? 0, age(object, now)],
});

/** The spec as upstream's errors show it: its inner form, whose fields have no names in JSON. */
function innerSpec({ minAvailable, selector, maxUnavailable, unhealthyPodEvictionPolicy }: PodDisruptionBudgetSpec): object {
  return { MinAvailable: minAvailable, Selector: selector ?? null, MaxUnavailable: maxUnavailable, UnhealthyPodEvictionPolicy: unhealthyPodEvictionPolicy ?? null };
}

import type { LimitRange, LimitRangeItem } from '../../gen/types/core-v1.ts';
import { defineKind } from '../define-kind.ts';
import { validateLimitRange } from './limit-range-validation.ts';

export const limitRange = defineKind<LimitRange>({
  group: '',
  version: 'v1',
  kind: 'LimitRange',
  plural: 'limitranges',
  shortNames: ['limits'],
  namespaced: true,
  storageVersionHash: 'EBKMFVe6cwo=',
  validate: validateLimitRange,
  setDefaults(object) {
    for (const item of object.spec?.limits ?? []) if (item.type === 'Container') completeLimits(item);
  },
});

/** Defaults of containers: the default is the maximum, the default request the default, else the minimum. */
function completeLimits(item: LimitRangeItem): void {
  item.default = { ...item.max, ...item.default };
  item.defaultRequest = { ...item.min, ...item.default, ...item.defaultRequest };
}

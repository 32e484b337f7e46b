import type { PodTemplate } from '../../gen/types/core-v1.ts';
import { defineKind } from '../define-kind.ts';

export const podTemplate = defineKind<PodTemplate>({
  group: '',
  version: 'v1',
  kind: 'PodTemplate',
  plural: 'podtemplates',
  namespaced: true,
  storageVersionHash: 'LIXB2x4IFpk=',
});

import type { ControllerRevision } from '../../gen/types/apps-v1.ts';
import { defineKind } from '../define-kind.ts';

export const controllerRevision = defineKind<ControllerRevision>({
  group: 'apps',
  version: 'v1',
  kind: 'ControllerRevision',
  plural: 'controllerrevisions',
  namespaced: true,
  storageVersionHash: '85nkx63pcBU=',
});

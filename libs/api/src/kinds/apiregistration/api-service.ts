import type { APIService } from '../../gen/types/apiregistration-v1.ts';
import { defineKind } from '../define-kind.ts';

export const apiService = defineKind<APIService>({
  group: 'apiregistration.k8s.io',
  version: 'v1',
  kind: 'APIService',
  plural: 'apiservices',
  categories: ['api-extensions'],
  namespaced: false,
  status: true,
  storageVersionHash: 'InPBPD7+PqM=',
  storagePrefix: 'apiregistration.k8s.io/apiservices',
});

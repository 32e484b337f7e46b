import type { Namespace } from '../../gen/types/core-v1.ts';
import { defineKind, subresource } from '../define-kind.ts';

export const namespace = defineKind<Namespace>({
  group: '',
  version: 'v1',
  kind: 'Namespace',
  plural: 'namespaces',
  shortNames: ['ns'],
  namespaced: false,
  verbs: ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'],
  subresources: [
    subresource('finalize', 'Namespace', { group: '', version: 'v1' }, ['update']),
  ],
  status: true,
  storageVersionHash: 'Q3oi5N2YM8M=',
});

import type { Node } from '../../gen/types/core-v1.ts';
import { defineKind, subresource } from '../define-kind.ts';

export const node = defineKind<Node>({
  group: '',
  version: 'v1',
  kind: 'Node',
  plural: 'nodes',
  shortNames: ['no'],
  namespaced: false,
  subresources: [
    subresource('proxy', 'NodeProxyOptions', { group: '', version: 'v1' }, ['create', 'delete', 'get', 'patch', 'update']),
  ],
  status: true,
  storageVersionHash: 'XwShjMxG9Fs=',
  storagePrefix: 'minions',
});

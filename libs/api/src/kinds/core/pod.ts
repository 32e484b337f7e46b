import type { Pod } from '../../gen/types/core-v1.ts';
import { defineKind, subresource } from '../define-kind.ts';

export const pod = defineKind<Pod>({
  group: '',
  version: 'v1',
  kind: 'Pod',
  plural: 'pods',
  shortNames: ['po'],
  categories: ['all'],
  namespaced: true,
  subresources: [
    subresource('attach', 'PodAttachOptions', { group: '', version: 'v1' }, ['create', 'get']),
    subresource('binding', 'Binding', { group: '', version: 'v1' }, ['create']),
    subresource('ephemeralcontainers', 'Pod', { group: '', version: 'v1' }),
    subresource('eviction', 'Eviction', { group: 'policy', version: 'v1' }, ['create']),
    subresource('exec', 'PodExecOptions', { group: '', version: 'v1' }, ['create', 'get']),
    subresource('log', 'Pod', { group: '', version: 'v1' }, ['get']),
    subresource('portforward', 'PodPortForwardOptions', { group: '', version: 'v1' }, ['create', 'get']),
    subresource('proxy', 'PodProxyOptions', { group: '', version: 'v1' }, ['create', 'delete', 'get', 'patch', 'update']),
    subresource('resize', 'Pod', { group: '', version: 'v1' }),
  ],
  status: true,
  generationFields: ['spec'],
  storageVersionHash: 'xPOwRZ+Yhw8=',
});

import type { Node } from '../../gen/types/core-v1.ts';
import { age, ageColumn, column, nameColumn, wide } from '../columns.ts';
import { defineKind, subresource } from '../define-kind.ts';
import { validateNode, validateNodeStatus, validateNodeUpdate } from './node-validation.ts';
import { nodeWarnings } from '../warnings/others.ts';

export const node = defineKind<Node>({
  group: '',
  version: 'v1',
  kind: 'Node',
  plural: 'nodes',
  shortNames: ['no'],
  namespaced: false,
  subresources: [subresource('proxy', 'NodeProxyOptions', { group: '', version: 'v1' }, ['create', 'delete', 'get', 'patch', 'update'])],
  status: true,
  createsWithStatus: true,
  storageVersionHash: 'XwShjMxG9Fs=',
  storagePrefix: 'minions',
  setDefaults(object) {
    const { spec, status } = object;
    if (spec !== undefined) {
      if ((spec.podCIDR ?? '') === '') {
        if (spec.podCIDRs?.[0] !== undefined) spec.podCIDR = spec.podCIDRs[0];
      } else if (spec.podCIDRs?.[0] !== spec.podCIDR) spec.podCIDRs = [spec.podCIDR as string];
    }
    if (status?.capacity !== undefined && status.allocatable === undefined) status.allocatable = { ...status.capacity };
  },
  validate: validateNode,
  validateUpdate: validateNodeUpdate,
  validateStatusUpdate: validateNodeStatus,
  warnings: nodeWarnings,
  columns: [
    nameColumn,
    column('Status'),
    column('Roles'),
    ageColumn,
    column('Version'),
    wide('Internal-IP'),
    wide('External-IP'),
    wide('OS-Image'),
    wide('Kernel-Version'),
    wide('Container-Runtime'),
  ],
  cells: (object, now) => [
    object.metadata.name ?? '',
    statusText(object),
    rolesText(object),
    age(object, now),
    object.status?.nodeInfo?.kubeletVersion ?? '',
    addressText(object, 'InternalIP'),
    addressText(object, 'ExternalIP'),
    orUnknown(object.status?.nodeInfo?.osImage),
    orUnknown(object.status?.nodeInfo?.kernelVersion),
    orUnknown(object.status?.nodeInfo?.containerRuntimeVersion),
  ],
  selectableFields: (object) => ({ 'spec.unschedulable': String(object.spec?.unschedulable ?? false) }),
});

function statusText(object: Node): string {
  const ready = (object.status?.conditions ?? []).find((c) => c.type === 'Ready');
  const status = ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady';
  return object.spec?.unschedulable === true ? `${status},SchedulingDisabled` : status;
}

/** Roles are the ends of `node-role.kubernetes.io/ROLE` labels, and the value of the older label. */
function rolesText(object: Node): string {
  const prefix = 'node-role.kubernetes.io/';
  const roles = new Set<string>();
  for (const [key, value] of Object.entries(object.metadata.labels ?? {})) {
    if (key.startsWith(prefix) && key.length > prefix.length) roles.add(key.slice(prefix.length));
    else if (key === 'kubernetes.io/role' && value !== '') roles.add(value);
  }
  return roles.size === 0 ? '<none>' : [...roles].sort().join(',');
}

function addressText(object: Node, type: string): string {
  return (object.status?.addresses ?? []).find((a) => a.type === type)?.address ?? '<none>';
}

function orUnknown(text: string | undefined): string {
  return text === undefined || text === '' ? '<unknown>' : text;
}

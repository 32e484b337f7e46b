import { hasReason, type KubeObject } from '@rhythm/api';
import type { Service } from '@rhythm/api/types/core-v1';
import { systemPriorityClasses } from '../admission/index.ts';
import type { OwnWrites } from '../ports/own-writes.ts';
import type { ObjectReader } from '../ports/types.ts';
import { deepEqual } from '../registry/deep-equal.ts';

const namespaces = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];

export interface OwnAddress {
  readonly port: number;
  /** First address of the service CIDR. */
  readonly serviceIp: string;
}

/** Creates what every cluster has, where it is missing. Several apiservers may do it at once. */
export async function bootstrapNamespaces(reader: ObjectReader, writes: OwnWrites): Promise<void> {
  for (const name of namespaces) await ensure(reader, writes, '', 'namespaces', { kind: 'Namespace', apiVersion: 'v1', metadata: { name } });
}

export async function bootstrapPriorityClasses(reader: ObjectReader, writes: OwnWrites): Promise<void> {
  for (const object of systemPriorityClasses()) await ensure(reader, writes, 'scheduling.k8s.io', 'priorityclasses', object);
}

/** True for addresses at which only this machine reaches the server. */
export function isLoopback(ip: string): boolean {
  return ip.startsWith('127.') || ip === '::1';
}

/** The Service `default/kubernetes`; its endpoints are `presence/`'s. */
export async function bootstrapOwnService(reader: ObjectReader, writes: OwnWrites, address: OwnAddress): Promise<void> {
  await ensure(reader, writes, '', 'services', ownService(address));
}

export async function ensure(reader: ObjectReader, writes: OwnWrites, group: string, resource: string, object: KubeObject): Promise<void> {
  const { namespace = '', name = '' } = object.metadata;
  if ((await reader.get(group, resource, namespace, name)) !== undefined) return;
  await writes.create(group, resource, object).catch((error: unknown) => {
    if (!hasReason(error, 'AlreadyExists')) throw error;
  });
}

/** Like `ensure`, and brings the named fields back in line. */
export async function enforce(reader: ObjectReader, writes: OwnWrites, group: string, resource: string, wanted: KubeObject, fields: readonly string[]): Promise<void> {
  const { namespace = '', name = '' } = wanted.metadata;
  const found = await reader.get(group, resource, namespace, name);
  if (found === undefined) return ensure(reader, writes, group, resource, wanted);
  const part = (object: KubeObject): unknown[] => fields.map((field) => (object as unknown as Record<string, unknown>)[field]);
  if (deepEqual(part(found), part(wanted))) return;
  const patch = Object.fromEntries(fields.map((field) => [field, (wanted as unknown as Record<string, unknown>)[field]]));
  await writes.update(group, resource, { ...found, ...patch });
}

function ownService({ port, serviceIp }: OwnAddress): Service {
  return {
    kind: 'Service',
    apiVersion: 'v1',
    metadata: { name: 'kubernetes', namespace: 'default', labels: { component: 'apiserver', provider: 'kubernetes' } },
    spec: { type: 'ClusterIP', clusterIP: serviceIp, clusterIPs: [serviceIp], ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort: port }], sessionAffinity: 'None' },
  } as unknown as Service;
}

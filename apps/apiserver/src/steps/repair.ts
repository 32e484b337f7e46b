import { hasReason, type KubeObject } from '@rhythm/api';
import type { Clock, Log, Random } from '@rhythm/base';
import type { Service } from '@rhythm/api/types/core-v1';
import type { IPAddress } from '@rhythm/api/types/networking-v1';
import type { ObjectReader } from '../ports/types.ts';
import { addressClaim, networkingGroup } from './cluster-ip.ts';
import { heldAddresses, heldNodePorts } from './service-fields.ts';

/** Writes of the repair. Rejects with `ApiError`. */
export interface RepairWriter {
  create(group: string, resource: string, object: KubeObject): Promise<void>;
  /** Only the object with this uid. */
  delete(group: string, resource: string, namespace: string, name: string, uid: string): Promise<void>;
}

/**
 * Brings claims and Services back together, at start: a claim whose Service is gone is freed, a Service without a claim
 * gets one, and an address or node port held twice is reported. Needed only after data came from elsewhere (a restored
 * backup, another apiserver): our own writes never part them.
 */
export async function repairAllocations(reader: ObjectReader, writer: RepairWriter, ports: { readonly clock: Clock; readonly random: Random; readonly log: Log }): Promise<void> {
  // Claims first: the Service of any claim read here was written with it, so it is in the later list unless it is gone.
  const claims = await reader.list<IPAddress>(networkingGroup, 'ipaddresses', '');
  const services = await reader.list<Service>('', 'services', '');
  const owners = new Map<string, string>();
  for (const service of services) {
    const owner = `${service.metadata.namespace}/${service.metadata.name}`;
    for (const held of [...heldAddresses(service), ...new Set(heldNodePorts(service).map(String))]) {
      const other = owners.get(held);
      if (other === undefined) owners.set(held, owner);
      else ports.log.error('two services hold the same address or port', { held, services: [other, owner] });
    }
  }
  for (const claim of claims) {
    const { name = '', uid = '' } = claim.metadata;
    const ref = claim.spec?.parentRef;
    if (ref?.resource !== 'services' || owners.get(name) === `${ref.namespace}/${ref.name}`) continue;
    ports.log.warn('freed the address of a service that is gone', { address: name });
    await unlessDone(writer.delete(networkingGroup, 'ipaddresses', '', name, uid));
  }
  const claimed = new Set(claims.filter((claim) => owners.get(claim.metadata.name ?? '') === `${claim.spec?.parentRef?.namespace}/${claim.spec?.parentRef?.name}`).map((claim) => claim.metadata.name));
  for (const service of services) {
    for (const ip of heldAddresses(service)) {
      if (!claimed.has(ip) && owners.get(ip) === `${service.metadata.namespace}/${service.metadata.name}`) await unlessDone(writer.create(networkingGroup, 'ipaddresses', addressClaim(ip, service, ports)));
    }
  }
}

async function unlessDone(write: Promise<void>): Promise<void> {
  try {
    await write;
  } catch (error) {
    if (!hasReason(error, 'NotFound') && !hasReason(error, 'AlreadyExists') && !hasReason(error, 'Conflict')) throw error;
  }
}

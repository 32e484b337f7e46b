import type { Clock, Random } from '@rhythm/base';
import type { Service } from '@rhythm/api/types/core-v1';
import type { AdmissionRequest, AdmissionStep, ObjectReader } from '../ports/types.ts';
import { addressClaim, allocateClusterIp, networkingGroup } from './cluster-ip.ts';
import type { Ipv4Range } from './ipv4-range.ts';
import { NodePortAllocator } from './node-port.ts';
import { heldAddresses, keepAllocated } from './service-fields.ts';

/**
 * Gives Services their cluster IPs and node ports. Each address is claimed by an IPAddress object of that name, created in
 * the transaction that writes the Service: of two Services that want one address, one is refused or tries another. A
 * deleted Service, or one that became ExternalName, gives it back in the transaction that says so.
 */
export function serviceAllocation(range: Ipv4Range, reader: ObjectReader, ports: { readonly clock: Clock; readonly random: Random }): AdmissionStep {
  const nodePorts = new NodePortAllocator(reader, ports.random, ports.clock);
  return {
    name: 'ServiceAllocation',
    resources: ['/services'],
    once: true,
    async admit(request) {
      const { group, resource, subresource } = request.attributes;
      if (group !== '' || resource !== 'services' || subresource !== '' || request.object === undefined) return;
      if (request.operation !== 'CREATE' && request.operation !== 'UPDATE') return;
      const service = request.object as Service;
      const old = request.old as Service | undefined;
      service.spec ??= {};
      if (old !== undefined) keepAllocated(service, old);
      const claims = await allocateClusterIp(service, old, range, { reader, ...ports });
      await nodePorts.allocate(service, old, request.dryRun);
      for (const ip of claims) alsoWrite(request, { action: 'create', group: networkingGroup, resource: 'ipaddresses', object: addressClaim(ip, service, ports) });
      const kept = new Set(heldAddresses(service));
      for (const ip of heldAddresses(old)) if (!kept.has(ip)) alsoWrite(request, release(ip));
    },
    companionsOfRemoved(kind, object) {
      if (kind.group !== '' || kind.plural !== 'services') return [];
      return heldAddresses(object as Service).map(release);
    },
  };
}

type Companion = Parameters<NonNullable<AdmissionRequest['alsoWrite']>>[0];

function release(ip: string): Companion {
  return { action: 'delete', group: networkingGroup, resource: 'ipaddresses', namespace: '', name: ip };
}

/** Without the transaction an address could be given out twice: then there is no service rather than a wrong one. */
function alsoWrite(request: AdmissionRequest, companion: Companion): void {
  if (request.alsoWrite === undefined) throw new Error('service addresses need a writer for companion objects');
  request.alsoWrite(companion);
}

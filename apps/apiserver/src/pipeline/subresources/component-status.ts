import { notFound, type KubeObject } from '@rhythm/api';
import type { Lease } from '@rhythm/api/types/coordination-v1';
import type { ComponentStatus } from '@rhythm/api/types/core-v1';
import { causeChain, parseTime } from '@rhythm/base';
import type { Call, PipelinePorts } from '../ports.ts';
import { objectReader } from '../object-reader.ts';
import { includeOf, objectResponse, renderingOf } from '../respond.ts';
import { filterOf } from '../selection.ts';
import type { ResourceResponse } from '../../ports/types.ts';
import { columnDefinitions, partialOf, tableRow } from '../../render/table.ts';

/** Resolves when the component is well, rejects with what is wrong. */
type Probe = (ports: PipelinePorts) => Promise<void>;

/** By name, in the order of names. Scheduler and controllers may be on any machine: their leases in kube-system say how they are. */
const probes: ReadonlyMap<string, Probe> = new Map([
  ['controller-manager', leaseProbe('kube-controller-manager')],
  ['etcd-0', async (ports) => void (await ports.store.range('/registry/health', { countOnly: true }))],
  ['scheduler', leaseProbe('kube-scheduler')],
]);

/** `componentstatuses`: never stored, looked up at each request. A deprecated kind that `kubectl get cs` still asks for. */
export async function serveComponentStatus(ports: PipelinePorts, call: Call): Promise<ResourceResponse> {
  const { request, kind } = call;
  const rendering = renderingOf(call);
  if (request.verb === 'get') {
    const probe = probes.get(request.name);
    if (probe === undefined) throw notFound({ group: '', resource: kind.plural }, request.name);
    return objectResponse(ports, call, await statusOf(ports, request.name, probe), rendering, 200, kind);
  }
  const filter = filterOf(kind, { kind }, '', request.options);
  const chosen = [...probes].filter(([name]) => filter.labels?.({}) !== false && filter.fields?.({ 'metadata.name': name }) !== false);
  const items: KubeObject[] = await Promise.all(chosen.map(([name, probe]) => statusOf(ports, name, probe)));
  const meta = `meta.k8s.io/${rendering.metaVersion}`;
  const now = ports.clock.now();
  switch (rendering.as) {
    case 'table':
      return objectResponse(ports, call, { kind: 'Table', apiVersion: meta, metadata: {}, columnDefinitions: columnDefinitions(kind), rows: items.map((item) => tableRow(kind, item, includeOf(call), rendering.metaVersion, now)) }, rendering);
    case 'partial':
      return objectResponse(ports, call, { kind: 'PartialObjectMetadataList', apiVersion: meta, metadata: {}, items: items.map((item) => partialOf(item, rendering.metaVersion)) }, rendering);
    default:
      return objectResponse(ports, call, { kind: kind.listKind, apiVersion: 'v1', metadata: {}, items }, rendering);
  }
}

async function statusOf(ports: PipelinePorts, name: string, probe: Probe): Promise<ComponentStatus> {
  const head = { kind: 'ComponentStatus', apiVersion: 'v1', metadata: { name } };
  try {
    await probe(ports);
    return { ...head, conditions: [{ type: 'Healthy', status: 'True', message: 'ok' }] };
  } catch (error) {
    return { ...head, conditions: [{ type: 'Healthy', status: 'False', message: causeChain(error) }] };
  }
}

/** A component that leads renews its lease; one that died does not. */
function leaseProbe(name: string): Probe {
  return async (ports) => {
    const lease = await objectReader(ports).get<Lease>('coordination.k8s.io', 'leases', 'kube-system', name);
    if (lease === undefined) throw new Error(`there is no lease kube-system/${name} yet`);
    const { holderIdentity = '', renewTime = '', leaseDurationSeconds = 0 } = lease.spec ?? {};
    if (holderIdentity === '') throw new Error('nobody holds its lease');
    if ((parseTime(renewTime) ?? 0) + leaseDurationSeconds * 1000 < ports.clock.now()) throw new Error(`its lease was not renewed since ${renewTime}`);
  };
}

import type { APIService } from '@rhythm/api/types/apiregistration-v1';
import type { Service } from '@rhythm/api/types/core-v1';
import type { EndpointSlice } from '@rhythm/api/types/discovery-v1';
import type { RemoteService } from './service-table.ts';

/** What is said of an APIService, without times. */
export interface Verdict {
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
}

/** As its status says. */
export function isAvailable({ status }: APIService): boolean {
  return (status?.conditions ?? []).some(({ type, status: said }) => type === 'Available' && said === 'True');
}

export const passed: Verdict = { status: 'True', reason: 'Passed', message: 'all checks passed' };

/**
 * What is wrong with the Service of an APIService, before anybody calls it; `undefined` when nothing is (kube-aggregator, remote availability).
 * @param slices of that Service.
 */
export function serviceFault({ serviceNamespace, serviceName, port }: Pick<RemoteService, 'serviceNamespace' | 'serviceName' | 'port'>, service: Service | undefined, slices: readonly EndpointSlice[]): Verdict | undefined {
  const where = `service/${serviceName} in ${JSON.stringify(serviceNamespace)}`;
  const fault = (reason: string, message: string): Verdict => ({ status: 'False', reason, message });
  if (service === undefined) return fault('ServiceNotFound', `${where} is not present`);
  // Other types need not have ports or endpoints here.
  if ((service.spec?.type ?? 'ClusterIP') !== 'ClusterIP') return undefined;
  const found = service.spec?.ports?.find((candidate) => candidate.port === port);
  if (found === undefined) return fault('ServicePortError', `${where} is not listening on port ${port}`);
  if (slices.length === 0) return fault('EndpointsNotFound', `cannot find endpointslices for ${where}`);
  const portName = found.name ?? '';
  if (!slices.some((slice) => isReady(slice, portName))) return fault('MissingEndpoints', `endpointslices for ${where} have no addresses with port name ${JSON.stringify(portName)}`);
  return undefined;
}

function isReady({ endpoints, ports }: EndpointSlice, portName: string): boolean {
  return (endpoints ?? []).some(({ conditions }) => conditions?.ready !== false) && (ports ?? []).some(({ name, port }) => (name ?? '') === portName && port !== undefined);
}

/** Where a server is asked whether it serves a group version: every one must answer there. */
export function discoveryPath({ group, version }: { readonly group: string; readonly version: string }): string {
  return group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
}

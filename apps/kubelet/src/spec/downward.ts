import { parseQuantity } from '@rhythm/api';
import type { Container, Pod, ResourceFieldSelector } from '@rhythm/api/types/core-v1';

/** What a downward field may refer to besides the pod's object. */
export interface DownwardContext {
  readonly podIps: readonly string[];
  readonly hostIps: readonly string[];
  /** The node's allocatable resources: the default of limits that are not set. */
  readonly allocatable: Readonly<Record<string, string>>;
}

/** A reference that cannot be resolved; the container cannot start until the pod's object says something else. */
export class UnresolvedError extends Error {
  override readonly name = 'UnresolvedError';
}

/** The text of a `fieldRef`. @throws UnresolvedError for a path that is not offered. */
export function fieldValue(pod: Pod, path: string, context: DownwardContext): string {
  const subscript = /^metadata\.(labels|annotations)\['(.*)'\]$/.exec(path);
  if (subscript !== null) {
    const map = subscript[1] === 'labels' ? pod.metadata.labels : pod.metadata.annotations;
    const key = subscript[2] ?? '';
    return map !== undefined && Object.hasOwn(map, key) ? (map[key] ?? '') : '';
  }
  switch (path) {
    case 'metadata.name':
      return pod.metadata.name ?? '';
    case 'metadata.namespace':
      return pod.metadata.namespace ?? '';
    case 'metadata.uid':
      return pod.metadata.uid ?? '';
    case 'metadata.labels':
      return mapLines(pod.metadata.labels);
    case 'metadata.annotations':
      return mapLines(pod.metadata.annotations);
    case 'spec.nodeName':
      return pod.spec.nodeName ?? '';
    case 'spec.serviceAccountName':
      return pod.spec.serviceAccountName ?? '';
    case 'status.hostIP':
      return context.hostIps[0] ?? '';
    case 'status.hostIPs':
      return context.hostIps.join(',');
    case 'status.podIP':
      return context.podIps[0] ?? '';
    case 'status.podIPs':
      return context.podIps.join(',');
    default:
      throw new UnresolvedError(`unsupported fieldPath: ${path}`);
  }
}

/** The text of a `resourceFieldRef`: the amount divided by the divisor, rounded up. */
export function resourceValue(container: Container, reference: ResourceFieldSelector, context: DownwardContext): string {
  const [kind, ...rest] = (reference.resource ?? '').split('.');
  const name = rest.join('.');
  if ((kind !== 'limits' && kind !== 'requests') || name === '') throw new UnresolvedError(`unsupported resource: ${reference.resource}`);
  const set = container.resources?.[kind]?.[name] ?? (kind === 'requests' ? container.resources?.limits?.[name] : undefined);
  const amount = parseQuantity(set ?? (kind === 'limits' ? (context.allocatable[name] ?? '0') : '0')).nano;
  const divisor = parseQuantity(reference.divisor === undefined || reference.divisor === '0' ? '1' : reference.divisor).nano;
  if (divisor <= 0n) throw new UnresolvedError(`divisor of ${reference.resource} is not positive`);
  return String((amount + divisor - 1n) / divisor);
}

/** One `key="value"` per line, sorted, values quoted as in Go. */
function mapLines(map: Readonly<Record<string, string>> | undefined): string {
  return Object.entries(map ?? {})
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .join('\n');
}

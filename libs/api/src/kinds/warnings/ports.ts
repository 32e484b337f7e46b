import type { ContainerPort, PodSpec } from '../../gen/types/core-v1.ts';
import { at, child, ofEach, together } from '../../validation/field-error.ts';

const lists = ['initContainers', 'containers', 'ephemeralContainers'] as const;

interface Placed {
  readonly port: ContainerPort;
  readonly path: string;
}

/** Most ports with one number and protocol that each further one is compared with. */
const comparedMax = 32;

/** Ports of a pod's containers that say the same or nearly so, and names that they share. */
export function portWarnings(spec: PodSpec, path: string): string[] {
  const placed = new Map<string, Placed[]>();
  const names = new Map<string, string>();
  return ofEach(lists, (list) => ofEach(spec[list], (container, i) => ofEach(container.ports, (port, j) => {
    const here = at(child(at(child(path, list), i), 'ports'), j);
    const key = `${port.containerPort}/${port.protocol ?? 'TCP'}`;
    const others = placed.get(key) ?? [];
    const clashes = ofEach(others, (other) => clash(port, other, here));
    if (others.length < comparedMax) placed.set(key, [...others, { port, path: here }]);
    return together(withoutPort(port, here), clashes, list === 'containers' ? sharedName(port, names, here) : []);
  })));
}

function withoutPort({ name = '', containerPort, protocol = 'TCP', hostIP = '', hostPort = 0 }: ContainerPort, path: string): string[] {
  if (hostIP === '' || hostPort !== 0) return [];
  return [`${path}: hostIP set without hostPort: {Name:${name} HostPort:0 ContainerPort:${containerPort} Protocol:${protocol} HostIP:${hostIP}}`];
}

/** Two ports of one number and protocol: the same, or one within the other. Validation refuses what cannot be. */
function clash(port: ContainerPort, other: Placed, path: string): string[] {
  const [hostIP, hostPort] = [port.hostIP ?? '', port.hostPort ?? 0];
  const [otherIP, otherPort] = [other.port.hostIP ?? '', other.port.hostPort ?? 0];
  if (hostIP === otherIP && hostPort === otherPort) return [`${path}: duplicate port definition with ${other.path}`];
  if (hostPort === 0 || otherPort === 0) return [`${path}: overlapping port definition with ${other.path}`];
  return hostPort === otherPort && (hostIP === '') !== (otherIP === '') ? [`${path}: dangerously ambiguous port definition with ${other.path}`] : [];
}

function sharedName({ name = '' }: ContainerPort, names: Map<string, string>, path: string): string[] {
  if (name === '') return [];
  const first = names.get(name);
  if (first === undefined) names.set(name, path);
  return first === undefined ? [] : [`${path}: duplicate port name "${name}" with ${first}, services and probes that select ports by name will use ${first}`];
}

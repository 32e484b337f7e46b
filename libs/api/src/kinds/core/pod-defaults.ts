import type { Container, Pod, PodSpec } from '../../gen/types/core-v1.ts';
import { setPodSpecDefaults } from '../pod-spec-defaults.ts';
import { podLimits, podRequests, sumOf } from './pod-resources.ts';

/** Defaults that only pods have, not templates; runs on every decode. */
export function setPodDefaults(pod: Pod): void {
  const { spec } = pod;
  if (spec === undefined) return;
  setPodSpecDefaults(spec);
  spec.enableServiceLinks ??= true;
  for (const containers of [spec.containers, spec.initContainers]) {
    for (const container of containers ?? []) {
      requestWhatIsLimited(container);
      if (spec.hostNetwork === true) useHostPorts(container);
    }
  }
  if (spec.resources !== undefined) {
    setPodLevelHugePages(spec);
    setPodLevelRequests(spec);
  }
  keepAddressesInStep(pod);
}

/** What has a limit and no request asks for its limit. */
function requestWhatIsLimited(container: Container): void {
  const limits = container.resources?.limits;
  if (limits === undefined) return;
  const requests = (container.resources.requests ??= {});
  for (const name of Object.keys(limits)) {
    if (!Object.hasOwn(requests, name)) requests[name] = limits[name] ?? '';
  }
}

function useHostPorts(container: Container): void {
  for (const port of container.ports ?? []) {
    if ((port.hostPort ?? 0) === 0) port.hostPort = port.containerPort;
  }
}

/** Huge pages are not overcommitted: those of the containers are the pod's, unless it says otherwise. */
function setPodLevelHugePages({ resources, ...spec }: PodSpec): void {
  const { limits, requests } = resources ?? {};
  if (resources === undefined || Object.keys({ ...limits, ...requests }).length === 0) return;
  const ofContainers = podLimits({ ...spec, overhead: undefined });
  for (const name of ofContainers.keys()) {
    if (!name.startsWith('hugepages-') || Object.hasOwn(limits ?? {}, name) || Object.hasOwn(requests ?? {}, name)) continue;
    const sum = sumOf(ofContainers, name);
    if (sum !== undefined) (resources.limits ??= {})[name] = sum;
  }
}

/** Requests of the whole pod: what its containers request, else its own limits. */
function setPodLevelRequests(spec: PodSpec): void {
  const limits = spec.resources?.limits;
  if (spec.resources === undefined || limits === undefined || Object.keys(limits).length === 0) return;
  const requests = (spec.resources.requests ??= {});
  const ofContainers = podRequests({ ...spec, resources: undefined, overhead: undefined });
  for (const name of ['cpu', 'memory']) {
    const sum = sumOf(ofContainers, name);
    if (!Object.hasOwn(requests, name) && sum !== undefined) requests[name] = sum;
  }
  for (const [name, quantity] of Object.entries(limits)) {
    const defaulted = name === 'cpu' || name === 'memory' || name.startsWith('hugepages-');
    if (defaulted && !Object.hasOwn(requests, name)) requests[name] = quantity;
  }
}

/** `podIP` is the first of `podIPs`, and the same for the host; the older field wins when they differ. */
function keepAddressesInStep(pod: Pod): void {
  const { status } = pod;
  if (status === undefined) return;
  if ((status.podIP ?? '') === '') {
    if (status.podIPs?.[0] !== undefined) status.podIP = status.podIPs[0].ip;
  } else if (status.podIPs?.[0]?.ip !== status.podIP) status.podIPs = [{ ip: status.podIP as string }];
  if ((status.hostIP ?? '') === '') {
    if (status.hostIPs?.[0] !== undefined) status.hostIP = status.hostIPs[0].ip;
  } else if (status.hostIPs?.[0]?.ip !== status.hostIP) status.hostIPs = [{ ip: status.hostIP as string }];
}

import type { Pod } from '@rhythm/api/types/core-v1';
import type { PortMapping, SandboxConfig } from '@rhythm/cri';
import type { NodePaths } from '../paths.ts';
import { runtimeAnnotations, runtimeLabels } from '../observed/labels.ts';
import { podDns, type ClusterDns } from './dns.ts';
import type { DnsConfig } from '@rhythm/cri';
import { fullHostname, shortHostname } from './hosts-file.ts';
import { namespaceScopes, supplementalGroups } from './security.ts';

/** What of the node goes into a sandbox. */
export interface SandboxContext {
  readonly paths: NodePaths;
  readonly owner: string;
  /** Below each cgroup hierarchy, without a slash in front. */
  readonly cgroupRoot: string;
  readonly clusterDns: ClusterDns;
  readonly hostDns: DnsConfig;
}

/** The cgroup of a pod, as a path below each hierarchy. */
export const podCgroup = (cgroupRoot: string, uid: string): string => `/${cgroupRoot}/pod${uid}`;

/** The sandbox of a pod, by its spec. */
export function sandboxConfig(pod: Pod, attempt: number, context: SandboxContext): SandboxConfig {
  const { name = '', namespace = '', uid = '' } = pod.metadata;
  const security = pod.spec.securityContext ?? {};
  const full = fullHostname(pod, context.clusterDns.domain);
  return {
    name,
    namespace,
    uid,
    attempt,
    hostname: pod.spec.hostNetwork === true ? '' : pod.spec.setHostnameAsFQDN === true && full !== undefined ? full : shortHostname(pod),
    logDirectory: context.paths.podLogs(pod.metadata),
    dns: podDns(pod, context.clusterDns, context.hostDns),
    portMappings: portMappings(pod),
    labels: {
      ...pod.metadata.labels,
      [runtimeLabels.podName]: name,
      [runtimeLabels.podNamespace]: namespace,
      [runtimeLabels.podUid]: uid,
      [runtimeLabels.owner]: context.owner,
    },
    annotations: { ...pod.metadata.annotations, [runtimeAnnotations.gracePeriod]: String(pod.spec.terminationGracePeriodSeconds ?? 30) },
    cgroupParent: podCgroup(context.cgroupRoot, uid),
    namespaces: namespaceScopes(pod),
    privileged: [...pod.spec.containers, ...(pod.spec.initContainers ?? [])].some((container) => container.securityContext?.privileged === true),
    ...(security.runAsUser === undefined ? {} : { runAsUser: security.runAsUser }),
    ...(security.runAsUser === undefined || security.runAsGroup === undefined ? {} : { runAsGroup: security.runAsGroup }),
    supplementalGroups: supplementalGroups(pod),
    seccomp: { type: 'runtime-default' },
    sysctls: Object.fromEntries((security.sysctls ?? []).map((entry) => [entry.name, entry.value])),
  };
}

/** The host ports of a pod; with the machine's network the container holds them itself. */
export function portMappings(pod: Pod): PortMapping[] {
  if (pod.spec.hostNetwork === true) return [];
  return [...(pod.spec.initContainers ?? []), ...pod.spec.containers].flatMap((container) =>
    (container.ports ?? [])
      .filter((port) => (port.hostPort ?? 0) > 0)
      .map((port) => ({
        protocol: port.protocol === 'UDP' || port.protocol === 'SCTP' ? port.protocol : 'TCP',
        containerPort: port.containerPort,
        hostPort: port.hostPort ?? 0,
        hostIp: port.hostIP ?? '',
      })),
  );
}

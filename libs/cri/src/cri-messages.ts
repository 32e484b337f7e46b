import {
  ContainerConfig as WireContainerConfig,
  ContainerState as WireState,
  MountPropagation,
  NamespaceMode,
  PodSandboxConfig as WireSandboxConfig,
  PodSandboxState,
  Protocol,
  SecurityProfile_ProfileType,
  type Container as WireContainer,
  type ContainerStatus as WireContainerStatus,
  type Image as WireImage,
  type PodSandbox as WireSandbox,
  type PodSandboxStatus as WireSandboxStatus,
} from '@rhythm/proto/cri';
import type {
  Container,
  ContainerConfig,
  ContainerState,
  ContainerStatus,
  Image,
  NamespaceScopes,
  Sandbox,
  SandboxConfig,
  SandboxStatus,
  SeccompProfile,
} from './runtime.ts';

/** Plain values to CRI messages and back. */

const nanosPerMilli = 1_000_000n;
const toInstant = (nanos: bigint): number => Number(nanos / nanosPerMilli);
const optionalId = (id: number | undefined): { value: bigint } | undefined => (id === undefined ? undefined : { value: BigInt(id) });
const modes = { pod: NamespaceMode.POD, container: NamespaceMode.CONTAINER, node: NamespaceMode.NODE } as const;
const propagations = {
  private: MountPropagation.PROPAGATION_PRIVATE,
  'host-to-container': MountPropagation.PROPAGATION_HOST_TO_CONTAINER,
  bidirectional: MountPropagation.PROPAGATION_BIDIRECTIONAL,
} as const;

function namespaceOptions(scopes: NamespaceScopes): { network: NamespaceMode; pid: NamespaceMode; ipc: NamespaceMode; targetId?: string } {
  const shared = { network: modes[scopes.network], ipc: modes[scopes.ipc] };
  return scopes.pidOf === undefined ? { ...shared, pid: modes[scopes.pid] } : { ...shared, pid: NamespaceMode.TARGET, targetId: scopes.pidOf };
}

function seccomp(profile: SeccompProfile): { profileType: SecurityProfile_ProfileType; localhostRef: string } {
  switch (profile.type) {
    case 'runtime-default':
      return { profileType: SecurityProfile_ProfileType.RuntimeDefault, localhostRef: '' };
    case 'unconfined':
      return { profileType: SecurityProfile_ProfileType.Unconfined, localhostRef: '' };
    case 'localhost':
      return { profileType: SecurityProfile_ProfileType.Localhost, localhostRef: profile.path };
  }
}

export function sandboxMessage(config: SandboxConfig): WireSandboxConfig {
  return WireSandboxConfig.fromPartial({
    metadata: { name: config.name, namespace: config.namespace, uid: config.uid, attempt: config.attempt },
    hostname: config.hostname,
    logDirectory: config.logDirectory,
    ...(config.dns === undefined ? {} : { dnsConfig: { servers: [...config.dns.servers], searches: [...config.dns.searches], options: [...config.dns.options] } }),
    portMappings: config.portMappings.map((port) => ({
      protocol: Protocol[port.protocol],
      containerPort: port.containerPort,
      hostPort: port.hostPort,
      hostIp: port.hostIp,
    })),
    labels: { ...config.labels },
    annotations: { ...config.annotations },
    linux: {
      cgroupParent: config.cgroupParent,
      sysctls: { ...config.sysctls },
      securityContext: {
        namespaceOptions: namespaceOptions(config.namespaces),
        privileged: config.privileged,
        supplementalGroups: config.supplementalGroups.map(BigInt),
        seccomp: seccomp(config.seccomp),
        ...(config.runAsUser === undefined ? {} : { runAsUser: optionalId(config.runAsUser) }),
        ...(config.runAsGroup === undefined ? {} : { runAsGroup: optionalId(config.runAsGroup) }),
      },
    },
  });
}

export function containerMessage(config: ContainerConfig): WireContainerConfig {
  const { security, resources } = config;
  return WireContainerConfig.fromPartial({
    metadata: { name: config.name, attempt: config.attempt },
    image: { image: config.image },
    command: [...config.command],
    args: [...config.args],
    workingDir: config.workingDir,
    envs: config.env.map((variable) => ({ key: variable.name, value: Buffer.from(variable.value) })),
    mounts: config.mounts.map((mount) => ({ ...mount, propagation: propagations[mount.propagation] })),
    labels: { ...config.labels },
    annotations: { ...config.annotations },
    logPath: config.logPath,
    stdin: config.stdin,
    stdinOnce: config.stdinOnce,
    tty: config.tty,
    linux: {
      resources: {
        cpuShares: BigInt(resources.cpuShares),
        cpuQuota: BigInt(resources.cpuQuota),
        cpuPeriod: BigInt(resources.cpuPeriod),
        memoryLimitInBytes: BigInt(resources.memoryLimitBytes),
        oomScoreAdj: BigInt(resources.oomScoreAdj),
      },
      securityContext: {
        privileged: security.privileged,
        namespaceOptions: namespaceOptions(config.namespaces),
        readonlyRootfs: security.readonlyRootfs,
        noNewPrivs: security.noNewPrivileges,
        capabilities: { addCapabilities: [...security.addCapabilities], dropCapabilities: [...security.dropCapabilities] },
        supplementalGroups: security.supplementalGroups.map(BigInt),
        seccomp: seccomp(security.seccomp),
        ...(security.unmaskedProc ? {} : { maskedPaths: maskedPaths, readonlyPaths: readonlyPaths }),
        ...(security.runAsUser === undefined ? {} : { runAsUser: optionalId(security.runAsUser) }),
        runAsUsername: security.runAsUsername ?? '',
        ...(security.runAsGroup === undefined ? {} : { runAsGroup: optionalId(security.runAsGroup) }),
      },
    },
  });
}

/** What an unprivileged container must not see or write below /proc and /sys (the list of Docker and Kubernetes). */
const maskedPaths = [
  '/proc/asound', '/proc/acpi', '/proc/interrupts', '/proc/kcore', '/proc/keys', '/proc/latency_stats', '/proc/timer_list', '/proc/timer_stats',
  '/proc/sched_debug', '/proc/scsi', '/sys/firmware', '/sys/devices/virtual/powercap',
];
const readonlyPaths = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'];

export function sandboxOf(message: WireSandbox | WireSandboxStatus): Sandbox {
  return {
    id: message.id,
    name: message.metadata?.name ?? '',
    namespace: message.metadata?.namespace ?? '',
    uid: message.metadata?.uid ?? '',
    attempt: message.metadata?.attempt ?? 0,
    ready: message.state === PodSandboxState.SANDBOX_READY,
    createdAt: toInstant(message.createdAt),
    labels: message.labels,
    annotations: message.annotations,
  };
}

export function sandboxStatusOf(message: WireSandboxStatus): SandboxStatus {
  const network = message.network;
  const ips = [network?.ip ?? '', ...(network?.additionalIps ?? []).map((entry) => entry.ip)].filter((ip) => ip !== '');
  return { ...sandboxOf(message), ips };
}

const states: ReadonlyMap<number, ContainerState> = new Map([
  [WireState.CONTAINER_CREATED, 'created'],
  [WireState.CONTAINER_RUNNING, 'running'],
  [WireState.CONTAINER_EXITED, 'exited'],
]);

export function containerOf(message: WireContainer): Container {
  return {
    id: message.id,
    sandboxId: message.podSandboxId,
    name: message.metadata?.name ?? '',
    attempt: message.metadata?.attempt ?? 0,
    state: states.get(message.state) ?? 'unknown',
    createdAt: toInstant(message.createdAt),
    labels: message.labels,
    annotations: message.annotations,
  };
}

/** A status does not name its sandbox, so containers are told apart by the label the adapter adds. */
export function containerStatusOf(message: WireContainerStatus, sandboxLabel: string): ContainerStatus {
  return {
    id: message.id,
    sandboxId: message.labels[sandboxLabel] ?? '',
    name: message.metadata?.name ?? '',
    attempt: message.metadata?.attempt ?? 0,
    state: states.get(message.state) ?? 'unknown',
    createdAt: toInstant(message.createdAt),
    startedAt: toInstant(message.startedAt),
    finishedAt: toInstant(message.finishedAt),
    exitCode: message.exitCode,
    reason: message.reason,
    message: message.message,
    image: message.image?.image ?? '',
    imageRef: message.imageRef,
    logPath: message.logPath,
    labels: message.labels,
    annotations: message.annotations,
  };
}

export function imageOf(message: WireImage): Image {
  return {
    id: message.id,
    tags: message.repoTags,
    digests: message.repoDigests,
    sizeBytes: Number(message.size),
    pinned: message.pinned,
    ...(message.uid === undefined ? {} : { uid: Number(message.uid.value) }),
    ...(message.username === '' ? {} : { username: message.username }),
  };
}

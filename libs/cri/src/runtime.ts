import type { Instant } from '@rhythm/base';

/** Where a namespace comes from: the pod's own, one per container, or the machine's. */
export type NamespaceScope = 'pod' | 'container' | 'node';

export interface NamespaceScopes {
  readonly network: 'pod' | 'node';
  readonly pid: NamespaceScope;
  readonly ipc: 'pod' | 'node';
  /** The container whose processes this one joins, instead of `pid`. */
  readonly pidOf?: string;
}

/** `localhost` names a profile file; a missing name is refused, never taken as unconfined. */
export type SeccompProfile = { readonly type: 'runtime-default' | 'unconfined' } | { readonly type: 'localhost'; readonly path: string };

export interface DnsConfig {
  readonly servers: readonly string[];
  readonly searches: readonly string[];
  readonly options: readonly string[];
}

export interface PortMapping {
  readonly protocol: 'TCP' | 'UDP' | 'SCTP';
  readonly containerPort: number;
  readonly hostPort: number;
  readonly hostIp: string;
}

export type Labels = Readonly<Record<string, string>>;

/** What a sandbox is made from. */
export interface SandboxConfig {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly attempt: number;
  /** Empty with the machine's network: a hostname cannot be set there. */
  readonly hostname: string;
  readonly logDirectory: string;
  readonly dns?: DnsConfig;
  readonly portMappings: readonly PortMapping[];
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly cgroupParent: string;
  readonly namespaces: NamespaceScopes;
  readonly privileged: boolean;
  readonly runAsUser?: number;
  readonly runAsGroup?: number;
  readonly supplementalGroups: readonly number[];
  readonly seccomp: SeccompProfile;
  readonly sysctls: Labels;
}

export interface Mount {
  readonly containerPath: string;
  readonly hostPath: string;
  readonly readonly: boolean;
  readonly propagation: 'private' | 'host-to-container' | 'bidirectional';
}

/** Limits for one container; 0 leaves the runtime's default. Bytes and cgroup units. */
export interface ContainerResources {
  readonly cpuShares: number;
  readonly cpuQuota: number;
  readonly cpuPeriod: number;
  readonly memoryLimitBytes: number;
  readonly oomScoreAdj: number;
}

export interface ContainerSecurity {
  readonly privileged: boolean;
  readonly runAsUser?: number;
  /** The image's user by name, where only its group is overridden. */
  readonly runAsUsername?: string;
  readonly runAsGroup?: number;
  readonly readonlyRootfs: boolean;
  readonly noNewPrivileges: boolean;
  readonly addCapabilities: readonly string[];
  readonly dropCapabilities: readonly string[];
  readonly supplementalGroups: readonly number[];
  readonly seccomp: SeccompProfile;
  /** Show all of /proc: nothing is masked or read-only. */
  readonly unmaskedProc: boolean;
}

export interface ContainerConfig {
  readonly name: string;
  readonly attempt: number;
  /** The image by id or digest, so that what was checked is what runs. */
  readonly image: string;
  readonly command: readonly string[];
  readonly args: readonly string[];
  readonly workingDir: string;
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly mounts: readonly Mount[];
  readonly labels: Labels;
  readonly annotations: Labels;
  /** Below the sandbox's log directory. */
  readonly logPath: string;
  readonly stdin: boolean;
  readonly stdinOnce: boolean;
  readonly tty: boolean;
  readonly resources: ContainerResources;
  readonly security: ContainerSecurity;
  readonly namespaces: NamespaceScopes;
}

export interface Sandbox {
  readonly id: string;
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly attempt: number;
  readonly ready: boolean;
  readonly createdAt: Instant;
  readonly labels: Labels;
  readonly annotations: Labels;
}

/** A sandbox with what only its status tells. */
export interface SandboxStatus extends Sandbox {
  /** Empty with the machine's network, and after the sandbox stopped. */
  readonly ips: readonly string[];
}

export type ContainerState = 'created' | 'running' | 'exited' | 'unknown';

export interface Container {
  readonly id: string;
  readonly sandboxId: string;
  readonly name: string;
  readonly attempt: number;
  readonly state: ContainerState;
  readonly createdAt: Instant;
  readonly labels: Labels;
  readonly annotations: Labels;
}

/** A container with what only its status tells. `startedAt` and `finishedAt` are 0 until it happened. */
export interface ContainerStatus extends Container {
  readonly startedAt: Instant;
  readonly finishedAt: Instant;
  readonly exitCode: number;
  /** The runtime's word for the end: Completed, Error, OOMKilled, StartError, or empty. */
  readonly reason: string;
  readonly message: string;
  readonly image: string;
  readonly imageRef: string;
  readonly logPath: string;
}

export interface Image {
  readonly id: string;
  readonly tags: readonly string[];
  readonly digests: readonly string[];
  readonly sizeBytes: number;
  /** The user the image names, by number or by name; both absent: root. */
  readonly uid?: number;
  readonly username?: string;
  readonly pinned: boolean;
}

/** Credentials for one pull. Never logged. */
export interface ImageAuth {
  readonly username?: string;
  readonly password?: string;
  readonly auth?: string;
  readonly serverAddress?: string;
  readonly identityToken?: string;
  readonly registryToken?: string;
}

export interface ExecResult {
  readonly exitCode: number;
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
}

export interface StreamOptions {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
}

export interface RuntimeInfo {
  readonly name: string;
  readonly version: string;
}

export interface RuntimeCondition {
  readonly ready: boolean;
  readonly reason: string;
  readonly message: string;
}

export interface ContainerUsage {
  readonly id: string;
  readonly labels: Labels;
  readonly cpuNanoSeconds: bigint;
  readonly memoryWorkingSetBytes: bigint;
}

/** Something happened to a container or sandbox; its state must be read. Absent id: anything may have changed. */
export interface RuntimeEvent {
  readonly id?: string;
}

/** The code of a failed runtime call, as far as a caller decides by it. */
export type RuntimeErrorCode = 'not-found' | 'timeout' | 'unavailable' | 'cancelled' | 'failed';

/** A failed call to the runtime, naming the call. */
export class RuntimeError extends Error {
  override readonly name = 'RuntimeError';
  readonly code: RuntimeErrorCode;
  /** The runtime's own words, without the call. */
  readonly details: string;

  constructor(code: RuntimeErrorCode, message: string, options?: { cause?: unknown; details?: string }) {
    super(message, options);
    this.code = code;
    this.details = options?.details ?? message;
  }
}

/**
 * The container runtime of a node (CRI runtime.v1), as plain values. Every method rejects with a `RuntimeError`.
 * `stop…` and `remove…` of what is gone succeed.
 */
export interface Runtime {
  version(): Promise<RuntimeInfo>;
  status(): Promise<{ readonly runtime: RuntimeCondition; readonly network: RuntimeCondition }>;

  /** Gives the id of a sandbox that is ready, with its network. */
  runSandbox(config: SandboxConfig, signal?: AbortSignal): Promise<string>;
  stopSandbox(id: string): Promise<void>;
  removeSandbox(id: string): Promise<void>;
  sandboxStatus(id: string): Promise<SandboxStatus | undefined>;
  listSandboxes(labels?: Labels): Promise<readonly Sandbox[]>;

  createContainer(sandboxId: string, config: ContainerConfig, sandbox: SandboxConfig, signal?: AbortSignal): Promise<string>;
  startContainer(id: string, signal?: AbortSignal): Promise<void>;
  /** Sends the stop signal, waits up to `graceSeconds`, then kills. Resolves when it has ended. */
  stopContainer(id: string, graceSeconds: number, signal?: AbortSignal): Promise<void>;
  removeContainer(id: string): Promise<void>;
  containerStatus(id: string): Promise<ContainerStatus | undefined>;
  listContainers(labels?: Labels): Promise<readonly Container[]>;
  /** Makes the runtime open the log file of a running container anew, after it was renamed. */
  reopenLog(id: string): Promise<void>;
  usage(): Promise<readonly ContainerUsage[]>;

  /** Runs a command to its end; rejects with code `timeout` when it takes longer. */
  execSync(id: string, command: readonly string[], timeoutMs: number, signal?: AbortSignal): Promise<ExecResult>;
  /** The address of the runtime's streaming server for one exec, attach or port-forward. */
  execUrl(id: string, command: readonly string[], options: StreamOptions): Promise<string>;
  attachUrl(id: string, options: StreamOptions): Promise<string>;
  portForwardUrl(sandboxId: string, port: number): Promise<string>;

  imageStatus(image: string): Promise<Image | undefined>;
  listImages(): Promise<readonly Image[]>;
  /** Gives the reference of the pulled image. */
  pullImage(image: string, auth: ImageAuth | undefined, sandbox: SandboxConfig, signal?: AbortSignal): Promise<string>;
  removeImage(image: string): Promise<void>;
  imageFilesystem(): Promise<string | undefined>;

  /** Events until `signal` aborts; ends or rejects when the connection is lost. */
  events(signal: AbortSignal): AsyncIterable<RuntimeEvent>;
}

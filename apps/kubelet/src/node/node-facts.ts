import { readFileSync, statfsSync } from 'node:fs';
import { arch, availableParallelism, release } from 'node:os';
import type { NodeSystemInfo } from '@rhythm/api/types/core-v1';
import type { RuntimeInfo } from '@rhythm/cri';

/** The machine, as a Node describes it. */
export interface NodeFacts {
  readonly capacity: Readonly<Record<string, string>>;
  readonly allocatable: Readonly<Record<string, string>>;
  readonly info: NodeSystemInfo;
  readonly memoryBytes: bigint;
}

/** How the machine stands now. */
export interface Pressure {
  readonly memoryAvailableBytes: number;
  /** Share of the file system that is free, 0 to 1. */
  readonly diskFree: number;
  readonly inodesFree: number;
  readonly pidsFree: number;
}

/** The version of Kubernetes whose API this kubelet implements. */
export const kubeletVersion = 'v1.35.0';
const podsMax = 110;
/** Kept back from pods, as Kubernetes' default eviction thresholds do. */
const memoryReserveBytes = 100n * 1024n * 1024n;
const architectures: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

export function readNodeFacts(rootDir: string, runtime: RuntimeInfo): NodeFacts {
  const memoryBytes = BigInt(memInfo('MemTotal')) * 1024n;
  const disk = statfsSync(rootDir, { bigint: true });
  const diskBytes = disk.blocks * disk.bsize;
  const cpu = String(availableParallelism());
  const huge = { 'hugepages-1Gi': '0', 'hugepages-2Mi': '0' };
  return {
    capacity: { cpu, memory: `${memoryBytes / 1024n}Ki`, 'ephemeral-storage': `${diskBytes / 1024n}Ki`, ...huge, pods: String(podsMax) },
    allocatable: { cpu, memory: `${(memoryBytes - memoryReserveBytes) / 1024n}Ki`, 'ephemeral-storage': String((diskBytes * 9n) / 10n), ...huge, pods: String(podsMax) },
    memoryBytes,
    info: {
      machineID: text('/etc/machine-id'),
      systemUUID: text('/sys/class/dmi/id/product_uuid') || text('/etc/machine-id'),
      bootID: text('/proc/sys/kernel/random/boot_id'),
      kernelVersion: release(),
      osImage: /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(text('/etc/os-release'))?.[1] ?? 'Linux',
      containerRuntimeVersion: `${runtime.name}://${runtime.version}`,
      kubeletVersion,
      kubeProxyVersion: '',
      operatingSystem: 'linux',
      architecture: nodeArchitecture,
    },
  };
}

export const nodeArchitecture = architectures[arch()] ?? arch();

export function readPressure(rootDir: string): Pressure {
  const disk = statfsSync(rootDir);
  const pidMax = Number(text('/proc/sys/kernel/pid_max'));
  const pids = Number(/\/(\d+) /.exec(text('/proc/loadavg'))?.[1] ?? 0);
  return {
    memoryAvailableBytes: memInfo('MemAvailable') * 1024,
    diskFree: disk.blocks === 0 ? 1 : disk.bavail / disk.blocks,
    inodesFree: disk.files === 0 ? 1 : disk.ffree / disk.files,
    pidsFree: pidMax === 0 ? 1 : 1 - pids / pidMax,
  };
}

function memInfo(key: string): number {
  return Number(new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(text('/proc/meminfo'))?.[1] ?? 0);
}

function text(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
}

import { join } from 'node:path';

/** Where everything of one cluster is: below `dir`, and below /run for sockets, whose paths may have 108 bytes only. */
export interface ClusterPaths {
  readonly dir: string;
  readonly config: string;
  readonly pki: string;
  readonly run: string;
  readonly logs: string;
  readonly data: string;
  readonly cniConf: string;
  readonly cniData: string;
  readonly kubeconfig: string;
  /** An EncryptionConfiguration; who wants objects encrypted at rest puts it there. */
  readonly encryption: string;
  readonly lock: string;
}

export function clusterPaths(dir: string): ClusterPaths {
  return {
    dir,
    config: join(dir, 'config.json'),
    pki: join(dir, 'pki'),
    run: join(dir, 'run'),
    logs: join(dir, 'logs'),
    data: join(dir, 'data'),
    cniConf: join(dir, 'cni'),
    cniData: join(dir, 'data/cni'),
    kubeconfig: join(dir, 'admin.kubeconfig'),
    encryption: join(dir, 'encryption.yaml'),
    lock: join(dir, 'lock'),
  };
}

/** Sockets and what lives as long as the machine does not restart. */
export function runtimeDirectory(id: string): string {
  return `/run/rhythm-${id}`;
}

export function containerdSocket(id: string): string {
  return `${runtimeDirectory(id)}/containerd.sock`;
}

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, realpathSync, renameSync, writeFileSync } from 'node:fs';
import { clusterPaths } from '../paths.ts';

/** What a cluster keeps about itself in `DIR/config.json`: chosen once, so that `up` again finds the same cluster. */
export interface ClusterConfig {
  readonly version: 1;
  /** 8 hex digits; names the cluster's links, tables, cgroups and /run folder. */
  readonly id: string;
  /** The folder the id was derived from. */
  readonly dir: string;
  readonly podCidr: string;
  readonly serviceCidr: string;
  readonly nodeName: string;
  readonly nodeIp: string;
  readonly ports: ClusterPorts;
  /** Somebody else's container runtime; absent: our own containerd. */
  readonly runtimeEndpoint?: string;
  /** An etcd cluster instead of our store. */
  readonly storeEndpoints?: readonly string[];
  /** So many nodes on which nothing runs, and no real one: nothing of the machine but processes and ports is used. */
  readonly fakeNodes?: number;
}

/** `api` is the HTTP port; the gRPC face listens on the next one. */
export interface ClusterPorts {
  readonly api: number;
  readonly store: number;
  readonly kubelet: number;
  readonly dns: number;
}

export function clusterId(dir: string): string {
  return createHash('sha256').update(dir).digest('hex').slice(0, 8);
}

/** The pods' bridge; link names have 15 characters at most. */
export function bridgeName(id: string): string {
  return `rhy${id}`;
}

/** The folder of a cluster as one absolute path without links, which may not exist yet. */
export function resolveDirectory(dir: string): string {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  return realpathSync(dir);
}

/** The configuration in `dir`, or `undefined` when there is no cluster yet. */
export function readConfig(dir: string): ClusterConfig | undefined {
  const file = clusterPaths(dir).config;
  if (!existsSync(file)) return undefined;
  let config: ClusterConfig;
  try {
    config = JSON.parse(readFileSync(file, 'utf8')) as ClusterConfig;
  } catch (error) {
    throw new Error(`${file} is damaged`, { cause: error });
  }
  if (config.version !== 1) throw new Error(`${file} was written by another version of rhythm (format ${String(config.version)})`);
  if (config.dir !== dir && existsSync(clusterPaths(config.dir).config)) {
    throw new Error(`${dir} is a copy of the cluster in ${config.dir}; two clusters cannot share an identity: use an empty folder`);
  }
  return config;
}

export function writeConfig(config: ClusterConfig): void {
  const file = clusterPaths(config.dir).config;
  writeFileSync(`${file}.tmp`, `${JSON.stringify(config, undefined, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.tmp`, file);
}

/** The configuration in a folder that need not exist. */
export function findConfig(dir: string): ClusterConfig | undefined {
  return existsSync(dir) ? readConfig(realpathSync(dir)) : undefined;
}

/** The configuration of a cluster that must exist. */
export function requireConfig(dir: string): ClusterConfig {
  const config = findConfig(dir);
  if (config === undefined) throw new Error(`there is no cluster in ${dir}: start one with ./rhythm up --dir ${dir}`);
  return config;
}

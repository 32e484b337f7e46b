import { hostname } from 'node:os';
import type { Random } from '@rhythm/base';
import { freePort, isPortFree } from '../host/free-port.ts';
import { defaultRouteAddress, nodeNameOf, portOwner, takenRanges } from '../host/network.ts';
import { readPidFile } from '../processes/pid-file.ts';
import { clusterPaths } from '../paths.ts';
import { liveClusters, type LiveCluster } from '../host/host-state.ts';
import { formatCidr, overlaps, parseCidr, pickRanges, type Cidr } from '../host/cidr.ts';
import { clusterId, readConfig, writeConfig, type ClusterConfig, type ClusterPorts } from '../config/cluster-config.ts';
import { addressesOf } from '../processes/app-specs.ts';
import { checkFakeNodes, fakeRanges } from './fake-nodes.ts';

/** What the command line may decide; what is absent stays as it was, or is chosen. */
export interface Wishes {
  readonly port?: number;
  readonly runtimeEndpoint?: string;
  readonly storeEndpoints?: readonly string[];
  readonly fakeNodes?: number;
}

const defaultApiPort = 6443;

/**
 * The configuration to start with: that of the cluster in `dir` with the wishes applied, or a new one whose ranges and
 * ports nobody on this machine uses. Writes it. Call under the host lock.
 */
export async function chooseConfig(dir: string, wishes: Wishes, random: Random): Promise<ClusterConfig> {
  const old = readConfig(dir);
  const id = old?.id ?? clusterId(dir);
  const fakeNodes = wishes.fakeNodes ?? old?.fakeNodes;
  if (fakeNodes !== undefined) checkFakeNodes(old, fakeNodes, readPidFile(clusterPaths(dir).run, 'kubelet') !== undefined);
  const others = fakeNodes === undefined ? liveClusters(id) : [];
  if (old !== undefined) refuseOverlap(old, others);
  const ranges = old ?? (fakeNodes === undefined ? await freeRanges(id, others) : fakeRanges);
  const config: ClusterConfig = {
    version: 1,
    id,
    dir,
    podCidr: ranges.podCidr,
    serviceCidr: ranges.serviceCidr,
    nodeName: old?.nodeName ?? nodeNameOf(hostname()),
    nodeIp: (await defaultRouteAddress()) ?? addressesOf(ranges).gateway,
    ports: await choosePorts(dir, old?.ports, wishes.port, random),
    runtimeEndpoint: wishes.runtimeEndpoint ?? old?.runtimeEndpoint,
    storeEndpoints: wishes.storeEndpoints ?? old?.storeEndpoints,
    fakeNodes,
  };
  writeConfig(config);
  return config;
}

async function freeRanges(id: string, others: readonly LiveCluster[]): Promise<{ podCidr: string; serviceCidr: string }> {
  const taken = [...(await takenRanges()), ...others.flatMap(rangesOf)];
  const { pod, service } = pickRanges(taken, Number.parseInt(id, 16));
  return { podCidr: formatCidr(pod), serviceCidr: formatCidr(service) };
}

/** A cluster that was stopped keeps its ranges; one that came meanwhile may have chosen the same. */
function refuseOverlap(old: ClusterConfig, others: readonly LiveCluster[]): void {
  const own = rangesOf(old);
  const other = others.find((cluster) => rangesOf(cluster).some((range) => own.some((mine) => overlaps(mine, range))));
  if (other !== undefined) throw new Error(`the cluster in ${other.dir} uses addresses of this one (${other.podCidr}, ${other.serviceCidr}): stop it first`);
}

function rangesOf(cluster: { readonly podCidr: string; readonly serviceCidr: string }): readonly Cidr[] {
  return [parseCidr(cluster.podCidr), parseCidr(cluster.serviceCidr)].filter((cidr) => cidr !== undefined);
}

/** Keeps the ports of before; one that somebody else took meanwhile is replaced, but never the API's. */
async function choosePorts(dir: string, old: ClusterPorts | undefined, wished: number | undefined, random: Random): Promise<ClusterPorts> {
  const { run } = clusterPaths(dir);
  const keep = async (app: string, port: number | undefined): Promise<number> =>
    port !== undefined && (readPidFile(run, app) !== undefined || (await isPortFree(port))) ? port : freePort(random);
  return {
    api: await chooseApiPort(run, old?.api, wished, random),
    store: await keep('store', old?.store),
    kubelet: await keep('kubelet', old?.kubelet),
    dns: await keep('dns', old?.dns),
  };
}

async function chooseApiPort(run: string, old: number | undefined, wished: number | undefined, random: Random): Promise<number> {
  const running = readPidFile(run, 'apiserver') !== undefined;
  if (running && old !== undefined && (wished === undefined || wished === old || wished === 0)) return old;
  if (running) throw new Error(`the cluster serves on port ${old ?? 0}: stop it with ./rhythm down before it can use another`);
  const port = wished === 0 ? (old ?? (await freePort(random, 2))) : (wished ?? old ?? defaultApiPort);
  if (!Number.isInteger(port) || port < 1 || port > 65_534) throw new Error(`port ${port} cannot be used: give one from 1 to 65534`);
  for (const each of [port, port + 1]) {
    if (await isPortFree(each)) continue;
    const owner = await portOwner(each);
    throw new Error(`port ${each} is in use${owner === undefined ? '' : ` by ${owner}`}: choose another with --port (it and the next one must be free)`);
  }
  return port;
}

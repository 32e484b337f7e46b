import { toError, type Clock, type Log, type Random } from '@rhythm/base';
import { dialGrpc, unary, type ClientTls } from '@rhythm/grpc';
import { PeersClient, PeersService } from '@rhythm/proto/raft';
import { readIdentity, writeIdentity, type StoredIdentity } from '../identity.ts';
import { parseMemberUrl, targetOf } from '../peers/addresses.ts';
import { initialIds, parseInitialCluster, type InitialCluster } from './initial-cluster.ts';
import type { MemberRecord } from './records.ts';

/** How long a member that exists has to say who the members are. */
const askMs = 3000;
/** How long a new one asks whether it has been here before. */
const bootstrappedMs = 1000;

/** How this member finds its cluster, in etcd's terms. */
export interface ClusterConfig {
  /** `NAME=URL,…` of all members. Without it the member begins a cluster of its own. */
  readonly initialCluster?: string;
  readonly initialClusterState: 'new' | 'existing';
  readonly initialClusterToken: string;
  /** Where the others reach this member; empty: it takes no others. */
  readonly advertisePeerUrls: readonly string[];
}

export interface Bootstrapped {
  readonly identity: StoredIdentity;
  /** The first members; empty when the member waits for the state of a cluster that exists. */
  readonly founders: readonly MemberRecord[];
  readonly isNew: boolean;
}

export interface BootstrapPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly peerTls: ClientTls | undefined;
}

/** Finds out who this member is: from its directory, else from the flags and, joining a cluster, from its members. */
export async function bootstrap(dataDir: string, name: string, config: ClusterConfig, ports: BootstrapPorts): Promise<Bootstrapped> {
  const stored = await readIdentity(dataDir, name);
  // The flags count on the first start only.
  if (stored !== undefined) return { identity: stored, founders: foundersOf(stored, config), isNew: false };
  const cluster = config.initialCluster === undefined ? undefined : parseInitialCluster(config.initialCluster);
  const identity = await newIdentity(name, cluster, config, ports);
  await writeIdentity(dataDir, identity);
  return { identity, founders: foundersOf(identity, config), isNew: true };
}

function foundersOf({ joined, founders, memberId }: StoredIdentity, config: ClusterConfig): readonly MemberRecord[] {
  if (joined !== undefined) return [];
  // Absent in the folder of a store from before clusters, and of one that was restored: those have a state.
  return founders ?? [{ id: memberId, name: '', peerUrls: config.advertisePeerUrls, clientUrls: [] }];
}

async function newIdentity(name: string, cluster: InitialCluster | undefined, config: ClusterConfig, ports: BootstrapPorts): Promise<StoredIdentity> {
  if (cluster === undefined) {
    if (config.initialClusterState === 'existing') throw new Error('a member that joins a cluster must be told of it: --initial-cluster is missing');
    const memberId = randomId(ports.random);
    return { name, clusterId: randomId(ports.random), memberId, founders: [{ id: memberId, name: '', peerUrls: config.advertisePeerUrls, clientUrls: [] }] };
  }
  const own = cluster.get(name);
  if (own === undefined) throw new Error(`--initial-cluster has no member "${name}"`);
  if (!sameUrls(own, config.advertisePeerUrls)) {
    throw new Error(`--initial-cluster says that "${name}" is at ${own.join()}, --initial-advertise-peer-urls says ${config.advertisePeerUrls.join()}`);
  }
  const others = [...cluster].flatMap(([member, urls]) => (member === name ? [] : urls));
  if (config.initialClusterState === 'existing') return join(name, own, others, cluster, ports);
  const { clusterId, memberIds } = initialIds(cluster, config.initialClusterToken);
  const memberId = memberIds.get(name) ?? 0n;
  await refuseSecondLife(memberId, others, ports);
  const founders = [...cluster].map(([member, peerUrls]) => ({ id: memberIds.get(member) ?? 0n, name: '', peerUrls, clientUrls: [] }));
  return { name, clusterId, memberId, founders };
}

/** The id that the cluster gave this member when it was added. */
async function join(name: string, own: readonly string[], others: readonly string[], cluster: InitialCluster, ports: BootstrapPorts): Promise<StoredIdentity> {
  if (others.length === 0) throw new Error('--initial-cluster must name a member of the cluster that this one joins');
  const { clusterId, members } = await askMembers(others, ports, askMs);
  const self = members.find(({ peerUrls }) => sameUrls(peerUrls, own));
  if (self === undefined) throw new Error(`the cluster has no member at ${own.join()}: add it first (rhythm store members add, etcdctl member add)`);
  if (self.clientUrls.length > 0) throw new Error(`member ${self.id.toString(16)} has been started before, and its directory is gone: remove it, and add it again`);
  if (members.length !== cluster.size) throw new Error(`--initial-cluster names ${cluster.size} members, the cluster has ${members.length}`);
  return { name, clusterId, memberId: self.id, joined: members };
}

/** One that has voted and forgotten it may vote again: its directory was lost, and it must come back under another id. */
async function refuseSecondLife(id: bigint, others: readonly string[], ports: BootstrapPorts): Promise<void> {
  if (others.length === 0) return;
  const known = await askMembers(others, ports, bootstrappedMs).catch(() => undefined);
  const self = known?.members.find((member) => member.id === id);
  if (self !== undefined && self.clientUrls.length > 0) {
    throw new Error(`member ${id.toString(16)} has been started before, and its directory is gone: remove it, and add it again with --initial-cluster-state existing`);
  }
}

/** The first of these addresses that answers. */
async function askMembers(urls: readonly string[], { clock, log, peerTls }: BootstrapPorts, deadlineMs: number): Promise<{ readonly clusterId: bigint; readonly members: MemberRecord[] }> {
  let failure: Error | undefined;
  const ask = async (url: string): Promise<{ readonly clusterId: bigint; readonly members: MemberRecord[] }> => {
    const parsed = parseMemberUrl(url);
    const client = dialGrpc(PeersClient, { targets: targetOf(parsed), ...(parsed.isTls && peerTls !== undefined ? { tls: peerTls } : {}) });
    try {
      return await unary(client, PeersService.members, {}, { deadlineMs, clock });
    } finally {
      client.close();
    }
  };
  for (const url of urls) {
    try {
      return await ask(url);
    } catch (error) {
      failure = toError(error);
      log.info('a member did not say who the members are', { url, error: failure.message });
    }
  }
  throw new Error('no member of the cluster answers', { cause: failure });
}

function sameUrls(one: readonly string[], two: readonly string[]): boolean {
  return [...one].sort().join() === [...two].sort().join();
}

/** A 64-bit number that is not 0. */
function randomId(random: Random): bigint {
  return Buffer.from(random.bytes(8)).readBigUInt64BE() | 1n;
}

import { readFileSync, existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { resources } from '@rhythm/api';
import type { Service } from '@rhythm/api/types/core-v1';
import { causeChain, type Clock, type Log, type Random } from '@rhythm/base';
import type { ApiClient } from '@rhythm/client';
import { eventRecorder, startInformer, type EventRecorder, type RunningInformer } from '@rhythm/controller';
import type { Runtime } from '@rhythm/cri';
import { Cgroups } from './cgroups.ts';
import { ImagePuller } from './containers/image-puller.ts';
import { cniMapsHostPorts } from './node/host-ports.ts';
import { awaitRuntime } from './node/await-runtime.ts';
import { NodeAgent } from './node/node-agent.ts';
import { readNodeFacts, readPressure, type NodeFacts } from './node/node-facts.ts';
import type { NodeContext } from './pod/node-context.ts';
import { nodePaths } from './paths.ts';
import { LogRotation, type RotatedLog } from './logs/log-rotation.ts';
import { isRunning } from './observed/observed.ts';
import { Observer } from './pod/observer.ts';
import { PodManager } from './pod/pod-manager.ts';
import { ProbeManager } from './probes/probe-manager.ts';
import { parseResolvConf } from './spec/dns.ts';
import { StatusWriter } from './status/status-writer.ts';
import { ReferenceCache } from './volumes/reference-cache.ts';
import { TokenManager } from './volumes/token-manager.ts';
import { prepareNode, VolumeManager } from './volumes/volume-manager.ts';

export interface KubeletConfig {
  readonly nodeName: string;
  readonly nodeIps: readonly string[];
  readonly rootDir: string;
  /** Absent: pods use the machine's resolver. */
  readonly clusterDns?: string;
  readonly clusterDomain: string;
  readonly cgroupRoot: string;
  readonly podCidr?: string;
  readonly cniConfDir?: string;
}

export interface KubeletPorts {
  readonly client: ApiClient;
  readonly runtime: Runtime;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** A kubelet without its server: the pods of one node and the Node itself. */
export interface Kubelet {
  readonly pods: PodManager;
  readonly node: NodeContext;
  readonly rotation: LogRotation;
  /** Resolves once the pods of this node are known and the Node is registered. */
  ready(): Promise<void>;
  /** Leaves every container as it is. */
  stop(): Promise<void>;
}

/** Starts a kubelet, once its runtime answers. `port` is where its server will listen, for the Node's status. */
export async function startKubelet(config: KubeletConfig, ports: KubeletPorts, port: () => number): Promise<Kubelet> {
  const { client, clock, log, random, runtime } = ports;
  await mkdir(config.rootDir, { recursive: true, mode: 0o750 });
  const facts = readNodeFacts(config.rootDir, await awaitRuntime(runtime, ports));
  const services = startInformer(client, resources.services, { clock, log, random });
  const recorder = eventRecorder(client, { component: 'kubelet', host: config.nodeName, clock, log, random });
  const node = buildContext(config, ports, facts, services, recorder);
  await prepareNode(node.paths);
  const agent = new NodeAgent({
    client,
    runtime,
    clock,
    log,
    recorder,
    nodeName: config.nodeName,
    nodeIps: config.nodeIps,
    ...(config.podCidr === undefined ? {} : { podCidr: config.podCidr }),
    facts,
    pressure: () => readPressure(config.rootDir),
    port,
  });
  agent.start();
  const pods = new PodManager({ node, client, nodeName: config.nodeName });
  const started = pods.start(services.synced());
  const rotation = new LogRotation(runtime, clock, log);
  const rotating = rotation.run(() => runningLogs(pods));
  started.catch((error: unknown) => log.error('pods not started', { error: causeChain(error) }));
  return {
    pods,
    node,
    rotation,
    ready: async () => {
      await Promise.all([agent.registered(), started]);
    },
    async stop() {
      rotation.stop();
      await Promise.all([agent.stop(), pods.stop(), rotating]);
      node.probes.stop();
      await Promise.all([node.statuses.stop(), node.references.stop(), services.stop(), recorder.stop()]);
    },
  };
}

function runningLogs(pods: PodManager): RotatedLog[] {
  return pods.workers.flatMap(({ observed }) => observed.containers.filter(isRunning).map(({ id, logPath }) => ({ containerId: id, path: logPath })));
}

function buildContext(config: KubeletConfig, ports: KubeletPorts, facts: NodeFacts, services: RunningInformer<Service>, recorder: EventRecorder): NodeContext {
  const { client, clock, log, random, runtime } = ports;
  const paths = nodePaths(config.rootDir);
  const owner = `${config.cgroupRoot}.${config.nodeName}`;
  const references = new ReferenceCache(client, { clock, log, random });
  return {
    paths,
    owner,
    cgroupRoot: config.cgroupRoot,
    clusterDns: { ...(config.clusterDns === undefined ? {} : { server: config.clusterDns }), domain: config.clusterDomain },
    hostDns: hostResolver(),
    clock,
    random,
    log,
    runtime,
    observer: new Observer(runtime, owner),
    images: new ImagePuller(runtime, clock),
    references,
    volumes: new VolumeManager({ paths, clock, random, references, tokens: new TokenManager(client, clock) }),
    probes: new ProbeManager({ clock, random, log, runtime }),
    cgroups: Cgroups.ofThisMachine(),
    recorder,
    statuses: new StatusWriter(client, { clock, random, log }),
    hostIps: config.nodeIps,
    memoryCapacityBytes: facts.memoryBytes,
    allocatable: () => facts.allocatable,
    services: () => services.list(),
    hostHostsFile: () => readText('/etc/hosts'),
    hostPortsWork: () => cniMapsHostPorts(config.cniConfDir),
  };
}

/** systemd-resolved answers on loopback, which is another one in a pod: its upstreams are listed elsewhere. */
function hostResolver(): ReturnType<typeof parseResolvConf> {
  const own = parseResolvConf(readText('/etc/resolv.conf'));
  const upstream = '/run/systemd/resolve/resolv.conf';
  return own.servers.includes('127.0.0.53') && existsSync(upstream) ? parseResolvConf(readText(upstream)) : own;
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}


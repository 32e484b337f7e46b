import { resources } from '@rhythm/api';
import { causeChain } from '@rhythm/base';
import { startInformer } from '@rhythm/controller';
import type { ServerTls } from '@rhythm/grpc';
import type { KubeletPorts } from '../kubelet.ts';
import { boundedWrites } from './bounded-client.ts';
import { fakeFacts, type FakeCapacity } from './fake-facts.ts';
import { FakePods } from './fake-pods.ts';
import { serveFakeNodes } from './fake-server.ts';
import { Heartbeats } from './heartbeats.ts';
import { fakeNodes } from './node-range.ts';

export interface FakeNodesConfig {
  readonly count: number;
  /** Addresses of the machine, where the server of all fake nodes listens. */
  readonly nodeIps: readonly string[];
  /** Range of the pods of all nodes: each has the next /24. */
  readonly podCidr: string;
  readonly capacity: FakeCapacity;
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  readonly tls: ServerTls;
}

export interface FakeNodesApp {
  readonly port: number;
  readonly pods: FakePods;
  /** Resolves once every Node is registered and the pods are followed. */
  ready(): Promise<void>;
  stop(): Promise<void>;
}

/** Writes on their way at a time: enough to keep the API server busy, far from its limit for one session. */
const writesMax = 128;
const streamsGraceMs = 500;

/** Starts kubelets that run nothing, in this one process: one watch of pods, one of nodes, and one server for all. */
export async function startFakeNodes(config: FakeNodesConfig, ports: Omit<KubeletPorts, 'runtime'>): Promise<FakeNodesApp> {
  const { clock, log, random } = ports;
  const nodes = fakeNodes(config.count, config.podCidr);
  const facts = fakeFacts(config.capacity);
  const server = await serveFakeNodes(config);
  const client = boundedWrites(ports.client, writesMax);
  const nodeInformer = startInformer(client, resources.nodes, { clock, log, random });
  const podInformer = startInformer(client, resources.pods, { fieldSelector: 'spec.nodeName!=', clock, log, random });
  const shared = { client, clock, log, random, nodes, nodeIps: config.nodeIps, facts };
  const heartbeats = new Heartbeats({ ...shared, informer: nodeInformer, port: () => server.port });
  const pods = new FakePods({ ...shared, informer: podInformer });
  heartbeats.start();
  const started = pods.start();
  started.catch((error: unknown) => log.error('pods not started', { error: causeChain(error) }));
  return {
    port: server.port,
    pods,
    ready: async () => {
      await Promise.all([heartbeats.registered(), started]);
    },
    async stop() {
      await Promise.all([server.stop(streamsGraceMs), heartbeats.stop(), pods.stop()]);
      await Promise.all([nodeInformer.stop(), podInformer.stop()]);
    },
  };
}

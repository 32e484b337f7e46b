import { readdirSync, readFileSync } from 'node:fs';
import { Resolver } from 'node:dns/promises';
import { join } from 'node:path';
import { hasReason, resources } from '@rhythm/api';
import type { Pod, Service } from '@rhythm/api/types/core-v1';
import { silentLog, systemClock, systemRandom } from '@rhythm/base';
import { helloImage } from '@rhythm/cli';
import { connectWithFiles, type ApiClient } from '@rhythm/client';
import { etcdStore, type Store } from '@rhythm/store-client';
import { clusterFolder, eventually, purgeCluster, upCluster, type Cluster } from '../support/cluster.ts';

/** Everything that a supervisor keeps alive, in the order in which they need each other. */
export const processNames = ['store', 'apiserver', 'scheduler', 'controller-manager', 'kubelet', 'proxy', 'dns', 'containerd'] as const;

const ports = { clock: systemClock, random: systemRandom, log: silentLog };
/** Something that is asked for again and again until it works: how long one attempt may take, and the pause after. */
const retryMs = 50;

/** A cluster with its ways in: the API as administrator, the store as the apiserver. */
export interface Rig {
  readonly cluster: Cluster;
  readonly client: ApiClient;
  readonly store: Store;
  stop(): Promise<void>;
}

export async function startRig(): Promise<Rig> {
  const dir = clusterFolder();
  try {
    const { cluster } = await upCluster(dir);
    const config = JSON.parse(readFileSync(join(dir, 'config.json'), 'utf8')) as { readonly ports: { readonly api: number; readonly store: number } };
    const pki = (file: string): string => join(dir, 'pki', file);
    const client = connectWithFiles({ api: [`127.0.0.1:${config.ports.api + 1}`], 'ca-file': pki('ca.crt'), 'cert-file': pki('admin.crt'), 'key-file': pki('admin.key') }, { ...ports, userAgent: 'heals' });
    const tls = { ca: readFileSync(pki('store-ca.crt')), cert: readFileSync(pki('store-client.crt')), key: readFileSync(pki('store-client.key')) };
    const store = await etcdStore({ endpoints: [`127.0.0.1:${config.ports.store}`], tls, ...ports });
    return {
      cluster,
      client,
      store,
      async stop() {
        await client.close();
        await store.close();
        await purgeCluster(dir);
      },
    };
  } catch (error) {
    await purgeCluster(dir);
    throw error;
  }
}

/** Ends a process as the kernel does when memory runs out. */
export function kill(cluster: Cluster, ...names: readonly string[]): void {
  for (const pid of names.map((name) => cluster.pid(name))) process.kill(pid, 'SIGKILL');
}

/** Does something until it succeeds: the API may be away. */
export async function persist<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch {
      await new Promise((next) => setTimeout(next, retryMs));
    }
  }
}

/** Creates a pod, once: an attempt whose answer was lost may have done it. */
export function createPod(client: ApiClient, pod: Pod): Promise<void> {
  return persist(async () => {
    try {
      await client.create(resources.pods, 'default', pod);
    } catch (error) {
      if (!hasReason(error, 'AlreadyExists')) throw error;
    }
  });
}

const sleepSeconds = '3600';

/** A pod that sleeps; placed by the scheduler. */
export function sleeper(name: string): Pod {
  return {
    kind: 'Pod',
    apiVersion: 'v1',
    metadata: { name, namespace: 'default' },
    spec: { terminationGracePeriodSeconds: 1, containers: [{ name: 'main', image: helloImage, imagePullPolicy: 'IfNotPresent', command: ['sleep', sleepSeconds], resources: {} }] },
    status: {},
  };
}

export function helloService(name: string): Service {
  return {
    kind: 'Service',
    apiVersion: 'v1',
    metadata: { name, namespace: 'default' },
    spec: { selector: { app: 'hello' }, ports: [{ port: 80, targetPort: 'http', protocol: 'TCP' }] },
    status: { loadBalancer: {} },
  };
}

/** Waits, by a watch, until a pod is as asked for. */
export async function untilPod(client: ApiClient, name: string, is: (pod: Pod) => boolean): Promise<Pod> {
  const fieldSelector = `metadata.name=${name}`;
  return persist(async () => {
    const { items, resourceVersion } = await client.list(resources.pods, 'default', { fieldSelector });
    const found = items.find(is);
    if (found !== undefined) return found;
    for await (const event of client.watch(resources.pods, 'default', { fieldSelector, resourceVersion })) {
      if (event.type !== 'BOOKMARK' && event.type !== 'DELETED' && is(event.object)) return event.object;
    }
    throw new Error('the watch ended');
  });
}

export const isScheduled = (pod: Pod): boolean => (pod.spec.nodeName ?? '') !== '';
export const isRunning = (pod: Pod): boolean => pod.status.phase === 'Running' && pod.status.containerStatuses?.every(({ ready }) => ready) === true;

/** A new pod runs, and a command in it. */
export async function startsAndExecs({ cluster, client }: Rig, name: string): Promise<void> {
  await createPod(client, sleeper(name));
  await untilPod(client, name, isRunning);
  await eventually(async () => (await cluster.tryKubectl('exec', name, '--', 'echo', 'works')).stdout === 'works\n', `exec in ${name}`);
}

/** Asks the cluster's DNS for a Service until it has its address. */
export async function resolves(server: string, service: string, address: string): Promise<void> {
  const resolver = new Resolver({ timeout: 1_000, tries: 1 });
  resolver.setServers([server]);
  await persist(async () => {
    const found = await resolver.resolve4(`${service}.default.svc.cluster.local`);
    if (!found.includes(address)) throw new Error(`${service} is ${found.join()}`);
  });
}

/** The containers as the API shows them, and since when their pods are ready: `pod/container id restarts ready since`. */
export async function census(client: ApiClient, selector: string): Promise<readonly string[]> {
  const { items } = await client.list(resources.pods, 'default', { labelSelector: selector });
  return items
    .flatMap(({ metadata, status }) => {
      const ready = status.conditions?.find(({ type }) => type === 'Ready');
      return (status.containerStatuses ?? []).map(({ name, containerID, restartCount }) => `${metadata.name}/${name} ${containerID} ${restartCount} ${ready?.status} ${ready?.lastTransitionTime}`);
    })
    .toSorted();
}

/** How many processes of sleepers there are in the cluster's cgroups: as many as sleepers, or one was started twice. */
export function sleeping({ dir }: Cluster): number {
  const { id } = JSON.parse(readFileSync(join(dir, 'config.json'), 'utf8')) as { readonly id: string };
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8') === `sleep\0${sleepSeconds}\0` && readFileSync(`/proc/${pid}/cgroup`, 'utf8').includes(`/rhythm-${id}/`);
      } catch {
        return false;
      }
    }).length;
}

/** The Service's address that the cluster has given it. */
export async function clusterIp(client: ApiClient, name: string, namespace = 'default'): Promise<string> {
  return (await persist(() => client.get(resources.services, namespace, name))).spec.clusterIP ?? '';
}

import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { adminHttp, messageOf, objectOf, type AdminHttp } from '../cluster/admin-http.ts';
import { patientHttp } from '../cluster/patient-http.ts';
import type { ClusterConfig } from '../config/cluster-config.ts';
import { execInPod } from '../cluster/exec.ts';
import type { StartPorts } from '../cluster/start-cluster.ts';
import { repository } from '../processes/app-specs.ts';

interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string };
}

interface Deployment extends KubeObject {
  readonly metadata: KubeObject['metadata'] & { readonly generation?: number };
  readonly spec: { readonly replicas?: number };
  readonly status?: { readonly observedGeneration?: number; readonly availableReplicas?: number; readonly updatedReplicas?: number };
}

interface PodList {
  readonly items: ReadonlyArray<{ readonly metadata: { readonly name: string; readonly deletionTimestamp?: string } }>;
}

const requestMsMax = 30_000;
/** One call, which is made again. */
const callMsMax = 5_000;
const rolloutMsMax = 120_000;
const pollMs = 100;
/** Pods that were stopped with their cluster are shown as ready until the kubelet has started them again. */
const reachMsMax = 60_000;
const callsFromEach = 6;
/** The resources of the kinds in examples/hello. */
const paths: Readonly<Record<string, (namespace: string) => string>> = {
  Deployment: (namespace) => `/apis/apps/v1/namespaces/${namespace}/deployments`,
  Service: (namespace) => `/api/v1/namespaces/${namespace}/services`,
};

/** Applies examples/hello, waits for its rollout and calls its Service from the host and from a pod. */
export async function sayHello(config: ClusterConfig, ports: StartPorts): Promise<void> {
  const { progress } = ports;
  const http = patientHttp(adminHttp(config), ports.clock);
  try {
    await progress.step('hello: apply', () => apply(http));
    await progress.step('hello: rollout', (detail) => waitRollout(http, ports, detail));
    await progress.step('hello: from the host', async (detail) => detail(tally(await callFromHost(http, ports))));
    await progress.step('hello: from a pod', async (detail) => detail(tally(await callFromPod(config, http, ports))));
  } finally {
    http.close();
  }
}

/** Creates what is not there; what is there stays as people have left it. */
async function apply(http: AdminHttp): Promise<void> {
  const text = readFileSync(join(repository, 'examples/hello/hello.yaml'), 'utf8');
  for (const document of parseAllDocuments(text)) {
    const object = document.toJS() as KubeObject;
    const path = paths[object.kind]?.(object.metadata.namespace);
    if (path === undefined) throw new Error(`examples/hello holds a ${object.kind}, which rhythm up cannot apply`);
    const answer = await http.post(path, object, requestMsMax);
    const conflict = 409;
    if (answer.status !== conflict && answer.status >= 300) throw new Error(`cannot create ${object.kind} ${object.metadata.name}: ${messageOf(answer)}`);
  }
}

async function waitRollout(http: AdminHttp, ports: StartPorts, detail: (text: string) => void): Promise<void> {
  const end = ports.clock.monotonic() + rolloutMsMax;
  for (;;) {
    const { metadata, spec, status } = objectOf<Deployment>(await http.get('/apis/apps/v1/namespaces/default/deployments/hello', requestMsMax), 'deployment hello');
    const replicas = spec.replicas ?? 1;
    const seen = (status?.observedGeneration ?? 0) >= (metadata.generation ?? 0);
    if (seen && status?.updatedReplicas === replicas && status.availableReplicas === replicas) {
      detail(`${replicas} of ${replicas} available`);
      return;
    }
    if (ports.clock.monotonic() > end) throw new Error(`deployment hello: ${status?.availableReplicas ?? 0} of ${replicas} available after ${rolloutMsMax / 1000} s: see ./rhythm kubectl describe pods`);
    await ports.clock.sleep(pollMs);
  }
}

/** The names that answer at the Service's address, in the order of the calls. */
async function callFromHost(http: AdminHttp, ports: StartPorts): Promise<readonly string[]> {
  const service = objectOf<{ spec: { clusterIP: string } }>(await http.get('/api/v1/namespaces/default/services/hello', requestMsMax), 'service hello');
  const names: string[] = [];
  for (let call = 0; call < callsFromEach; call++) names.push(await retried(ports, () => readName(service.spec.clusterIP)));
  return names;
}

async function callFromPod(config: ClusterConfig, http: AdminHttp, ports: StartPorts): Promise<readonly string[]> {
  const { items } = objectOf<PodList>(await http.get('/api/v1/namespaces/default/pods?labelSelector=app%3Dhello', requestMsMax), 'pods of hello');
  const caller = items.find(({ metadata }) => metadata.deletionTimestamp === undefined)?.metadata.name;
  if (caller === undefined) throw new Error('hello has no pod to call from');
  const script = `for i in $(seq ${callsFromEach}); do wget -qO- http://hello.default.svc.cluster.local; done`;
  return retried(ports, async () => {
    const result = await execInPod(config, 'default', caller, ['/bin/sh', '-ec', script], requestMsMax);
    if (result.failure !== undefined) throw new Error(`in pod ${caller}: ${result.failure} ${result.stderr.trim()}`);
    return result.stdout.trim().split('\n');
  });
}

/** A Service's rules follow its endpoints by a moment: a call that fails is made again for a while. */
async function retried<T>(ports: StartPorts, work: () => Promise<T>): Promise<T> {
  const end = ports.clock.monotonic() + reachMsMax;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (ports.clock.monotonic() > end) throw error;
      await ports.clock.sleep(pollMs);
    }
  }
}

/** One request on a connection of its own, so that the choice of backend is made anew. */
function readName(host: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const call = request({ host, port: 80, agent: false, timeout: callMsMax }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += String(chunk)));
      response.on('end', () => (response.statusCode === 200 ? resolve(text.trim()) : reject(new Error(`http://${host} answers ${response.statusCode ?? 0}`))));
      response.on('error', reject);
    });
    call.on('timeout', () => call.destroy(new Error(`http://${host} does not answer`)));
    call.on('error', reject);
    call.end();
  });
}

/** `a x2, b x4` */
function tally(names: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, count]) => `${name} x${count}`).join(', ');
}

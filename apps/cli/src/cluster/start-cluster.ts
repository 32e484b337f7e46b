import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock, Random } from '@rhythm/base';
import { ensureClusterPki, kubeconfigYaml, writeSecretFile } from '@rhythm/pki';
import { abortableClock } from '../abortable-clock.ts';
import { allowForwarding } from '../host/forwarding.ts';
import { enterHost, withHostLock } from '../host/host-state.ts';
import { ensureBridge, ensureServiceRoute } from '../host/network.ts';
import { importImages, importedImages } from '../images/import-images.ts';
import { helloImage, localImageArchive, pauseImage } from '../images/local-images.ts';
import { clusterPaths, containerdSocket } from '../paths.ts';
import { addressesOf, appSpecs } from '../processes/app-specs.ts';
import { lastLogLine, launch, type ProcessSpec } from '../processes/launch.ts';
import { readPidFile } from '../processes/pid-file.ts';
import type { Progress } from '../progress.ts';
import { cniConflist } from '../runtime/cni-config.ts';
import { answers, snapshotterFor, startContainerd } from '../runtime/start-containerd.ts';
import { adminHttp } from './admin-http.ts';
import { parseCidr } from '../host/cidr.ts';
import { chooseConfig, type Wishes } from './choose-config.ts';
import { bridgeName, readConfig, type ClusterConfig } from '../config/cluster-config.ts';
import { ensureDnsService } from './dns-service.ts';
import { ensureFakeKubeletRights, fakeNodeNames } from './fake-nodes.ts';
import { containerdOptions, supervisorName, supervisorSpec } from './supervised.ts';

export interface StartPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly progress: Progress;
}

const pollMs = 25;
const appStartMsMax = 90_000;
const nodeReadyMsMax = 120_000;

/** Everything from an empty folder to a node that is Ready; what runs already is taken over. */
export async function startCluster(dir: string, wishes: Wishes, ports: StartPorts): Promise<ClusterConfig> {
  const { progress } = ports;
  if (wishes.fakeNodes !== undefined || readConfig(dir)?.fakeNodes !== undefined) return startFakeCluster(dir, wishes, ports);
  const config = await progress.step('network', async (detail) => {
    const chosen = await withHostLock(async () => {
      const fresh = await chooseConfig(dir, wishes, ports.random);
      const { gateway } = addressesOf(fresh);
      await ensureBridge(bridgeName(fresh.id), gateway, parseCidr(fresh.podCidr)?.bits ?? 24);
      await ensureServiceRoute(bridgeName(fresh.id), gateway, fresh.serviceCidr);
      await enterHost(fresh);
      return fresh;
    });
    const opened = await allowForwarding(chosen.id, bridgeName(chosen.id));
    detail(`node ${chosen.nodeIp}, pods ${chosen.podCidr}, services ${chosen.serviceCidr}${opened ? ', opened the firewall for pods' : ''}`);
    return chosen;
  });
  await progress.step('certificates', (detail) => writeIdentities(config, ports, detail));
  const giveUp = new AbortController();
  const inner = { ...ports, clock: abortableClock(ports.clock, giveUp.signal) };
  await together(giveUp, [progress.step('containers and images', () => startRuntime(config, inner)), startControlPlane(config, inner, giveUp)]);
  await startSupervisor(config);
  return config;
}

/** The same without a node: it needs no rights on the machine. */
async function startFakeCluster(dir: string, wishes: Wishes, ports: StartPorts): Promise<ClusterConfig> {
  const { progress } = ports;
  const config = await chooseConfig(dir, wishes, ports.random);
  await progress.step('certificates', (detail) => writeIdentities(config, ports, detail));
  await startControlPlane(config, ports, new AbortController());
  await startSupervisor(config);
  return config;
}

async function writeIdentities(config: ClusterConfig, ports: StartPorts, detail: (text: string) => void): Promise<void> {
  const paths = clusterPaths(config.dir);
  const { apiService, gateway } = addressesOf(config);
  const fakes = config.fakeNodes === undefined ? {} : { fakeNodeNames: fakeNodeNames(config.fakeNodes) };
  const written = await ensureClusterPki(paths.pki, { nodeName: config.nodeName, nodeIps: [config.nodeIp, gateway], serviceIp: apiService, ...fakes }, ports);
  if (written.length > 0) detail(`${written.length} written`);
  const read = (file: string): string => readFileSync(join(paths.pki, file), 'utf8');
  const server = `https://127.0.0.1:${config.ports.api}`;
  const yaml = kubeconfigYaml({ clusterName: `rhythm-${config.id}`, userName: 'kubernetes-admin', server, caPem: read('ca.crt'), certPem: read('admin.crt'), keyPem: read('admin.key') });
  writeSecretFile(paths.kubeconfig, yaml);
}

/** The container runtime with the local images in it. */
async function startRuntime(config: ClusterConfig, ports: StartPorts): Promise<void> {
  const paths = clusterPaths(config.dir);
  const { gateway } = addressesOf(config);
  mkdirSync(paths.cniConf, { recursive: true, mode: 0o755 });
  const conflist = cniConflist({ name: `rhythm-${config.id}`, bridge: bridgeName(config.id), podCidr: config.podCidr, gateway, dataDir: paths.cniData });
  writeFileSync(join(paths.cniConf, '10-rhythm.conflist'), conflist);
  const archive = localImageArchive();
  const socket = config.runtimeEndpoint ?? containerdSocket(config.id);
  if (config.runtimeEndpoint === undefined) await startContainerd(ports.clock, paths, containerdOptions(config));
  else if (!(await answers(socket))) throw new Error(`nothing answers on the runtime endpoint ${socket}`);
  const there = await importedImages(socket);
  if (there.has(helloImage) && there.has(pauseImage)) return;
  await importImages(socket, snapshotterFor(paths.dir), await archive, join(paths.data, 'images'));
}

/** Store, then API server, then everybody else at once, each until it serves. */
async function startControlPlane(config: ClusterConfig, ports: StartPorts, giveUp: AbortController): Promise<void> {
  const specs = appSpecs(config);
  const start = (spec: ProcessSpec): Promise<void> => ports.progress.step(spec.name, (detail) => startApp(config, spec, ports, detail));
  const [first, rest] = [specs.filter(({ name }) => name === 'store' || name === 'apiserver'), specs.filter(({ name }) => name !== 'store' && name !== 'apiserver')];
  for (const spec of first) await start(spec);
  if (first.some(({ name }) => name === 'apiserver')) await (config.fakeNodes === undefined ? ensureDnsService(config, ports.clock) : ensureFakeKubeletRights(config, ports.clock));
  await together(giveUp, rest.map(start));
}

/**
 * Waits for all. When one fails the others give up, and are waited for all the same: nothing may go on behind the
 * back of the clean-up. Throws the first failure.
 */
async function together(giveUp: AbortController, works: ReadonlyArray<Promise<void>>): Promise<void> {
  await Promise.allSettled(works.map((work) => work.catch((error: unknown) => giveUp.abort(error))));
  if (giveUp.signal.aborted) throw giveUp.signal.reason;
}

/** Starts one app unless it runs, and waits until it says where it serves. */
async function startApp(config: ClusterConfig, spec: ProcessSpec, ports: StartPorts, detail: (text: string) => void): Promise<void> {
  const paths = clusterPaths(config.dir);
  if (readPidFile(paths.run, spec.name) !== undefined) detail('was running');
  else {
    if (spec.endpointFile !== undefined) rmSync(spec.endpointFile, { force: true });
    await launch(paths, spec);
  }
  const end = ports.clock.monotonic() + appStartMsMax;
  while (!(await serves(config, spec))) {
    if (readPidFile(paths.run, spec.name) === undefined) throw new Error(`${spec.name} ended: ${lastLogLine(paths, spec.name)}`);
    if (ports.clock.monotonic() > end) throw new Error(`${spec.name} does not serve after ${appStartMsMax / 1000} s: see ${join(paths.logs, `${spec.name}.log`)}`);
    await ports.clock.sleep(pollMs);
  }
}

async function serves(config: ClusterConfig, spec: ProcessSpec): Promise<boolean> {
  if (spec.endpointFile !== undefined && !existsSync(spec.endpointFile)) return false;
  if (spec.name !== 'apiserver') return true;
  const http = adminHttp(config);
  try {
    return (await http.get('/readyz', 5_000)).status === 200;
  } catch {
    return false;
  } finally {
    http.close();
  }
}

/** Waits until the API says that the node is Ready. */
export async function waitNodeReady(config: ClusterConfig, ports: StartPorts): Promise<void> {
  const http = adminHttp(config);
  const end = ports.clock.monotonic() + nodeReadyMsMax;
  try {
    for (;;) {
      const answer = await http.get(`/api/v1/nodes/${config.nodeName}`, 5_000).catch((error: Error) => ({ status: 0, body: error.message }));
      const why = notReady(answer.status, answer.body);
      if (why === undefined) return;
      if (ports.clock.monotonic() > end) throw new Error(`node ${config.nodeName} is not Ready after ${nodeReadyMsMax / 1000} s: ${why}`);
      await ports.clock.sleep(pollMs);
    }
  } finally {
    http.close();
  }
}

function notReady(status: number, body: string): string | undefined {
  if (status !== 200) return status === 404 ? 'the kubelet has not registered it' : body.slice(0, 200);
  const node = JSON.parse(body) as { status?: { conditions?: Array<{ type: string; status: string; message?: string }> } };
  const ready = node.status?.conditions?.find(({ type }) => type === 'Ready');
  return ready?.status === 'True' ? undefined : (ready?.message ?? 'the kubelet has not reported yet');
}

/** Starts the supervisor unless it runs. */
export async function startSupervisor(config: ClusterConfig): Promise<void> {
  const paths = clusterPaths(config.dir);
  if (readPidFile(paths.run, supervisorName) === undefined) await launch(paths, supervisorSpec(config));
}

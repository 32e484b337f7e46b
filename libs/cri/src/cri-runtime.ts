import type { Clock } from '@rhythm/base';
import { ImageServiceService as images, PullImageRequest, RuntimeServiceService as rt } from '@rhythm/proto/cri';
import { CriClient } from './cri-client.ts';
import { containerMessage, containerOf, containerStatusOf, imageOf, sandboxMessage, sandboxOf, sandboxStatusOf } from './cri-messages.ts';
import { taskEvents } from './containerd-events.ts';
import { RuntimeError, type Runtime, type RuntimeCondition } from './runtime.ts';

/** Deadlines in milliseconds: a call that reads, one that changes, one that pulls. */
const readMs = 30_000;
const changeMs = 240_000;
const pullMs = 30 * 60_000;

/** A CRI container status does not name its sandbox: this label does. */
const sandboxLabel = 'io.rhythm.sandbox';

/** What `criRuntime` gives: the port, and the end of its connection. */
export interface CriRuntime extends Runtime {
  close(): void;
}

/** The runtime behind a CRI socket (`/run/…/containerd.sock`, or `unix:…`). Connects on the first call and again by itself. */
export function criRuntime(socket: string, clock: Clock): CriRuntime {
  const client = new CriClient(socket, clock);
  return { ...sandboxCalls(client), ...containerCalls(client), ...streamCalls(client), ...imageCalls(client), ...nodeCalls(client, clock), close: () => client.close() };
}

function nodeCalls(client: CriClient, clock: Clock): Pick<Runtime, 'version' | 'status' | 'usage' | 'events'> {
  return {
    async version() {
      const reply = await client.call(rt.version, { version: 'v1' }, { deadlineMs: readMs });
      return { name: reply.runtimeName, version: reply.runtimeVersion };
    },
    async status() {
      const reply = await client.call(rt.status, { verbose: false }, { deadlineMs: readMs });
      const condition = (type: string): RuntimeCondition => {
        const found = reply.status?.conditions.find((entry) => entry.type === type);
        return { ready: found?.status ?? false, reason: found?.reason ?? '', message: found?.message ?? '' };
      };
      return { runtime: condition('RuntimeReady'), network: condition('NetworkReady') };
    },
    async usage() {
      const reply = await client.call(rt.listContainerStats, { filter: undefined }, { deadlineMs: readMs });
      return reply.stats.map((stats) => ({
        id: stats.attributes?.id ?? '',
        labels: stats.attributes?.labels ?? {},
        cpuNanoSeconds: stats.cpu?.usageCoreNanoSeconds?.value ?? 0n,
        memoryWorkingSetBytes: stats.memory?.workingSetBytes?.value ?? 0n,
      }));
    },
    events: (signal) => taskEvents(client, clock, signal),
  };
}

function sandboxCalls(client: CriClient): Pick<Runtime, 'runSandbox' | 'stopSandbox' | 'removeSandbox' | 'sandboxStatus' | 'listSandboxes'> {
  return {
    async runSandbox(config, signal) {
      const reply = await client.call(rt.runPodSandbox, { config: sandboxMessage(config), runtimeHandler: '' }, { deadlineMs: changeMs, signal });
      return reply.podSandboxId;
    },
    async stopSandbox(id) {
      await gone(client.call(rt.stopPodSandbox, { podSandboxId: id }, { deadlineMs: changeMs }));
    },
    async removeSandbox(id) {
      await gone(client.call(rt.removePodSandbox, { podSandboxId: id }, { deadlineMs: changeMs }));
    },
    async sandboxStatus(id) {
      const reply = await found(client.call(rt.podSandboxStatus, { podSandboxId: id, verbose: false }, { deadlineMs: readMs }));
      return reply?.status === undefined ? undefined : sandboxStatusOf(reply.status);
    },
    async listSandboxes(labels = {}) {
      const reply = await client.call(rt.listPodSandbox, { filter: { id: '', state: undefined, labelSelector: { ...labels } } }, { deadlineMs: readMs });
      return reply.items.map(sandboxOf);
    },
  };
}

type ContainerCalls = Pick<Runtime, 'createContainer' | 'startContainer' | 'stopContainer' | 'removeContainer' | 'containerStatus' | 'listContainers' | 'reopenLog'>;

function containerCalls(client: CriClient): ContainerCalls {
  return {
    async createContainer(sandboxId, config, sandbox, signal) {
      const labelled = { ...config, labels: { ...config.labels, [sandboxLabel]: sandboxId } };
      const request = { podSandboxId: sandboxId, config: containerMessage(labelled), sandboxConfig: sandboxMessage(sandbox) };
      return (await client.call(rt.createContainer, request, { deadlineMs: changeMs, signal })).containerId;
    },
    async startContainer(id, signal) {
      await client.call(rt.startContainer, { containerId: id }, { deadlineMs: changeMs, signal });
    },
    async stopContainer(id, graceSeconds, signal) {
      const request = { containerId: id, timeout: BigInt(Math.max(0, Math.floor(graceSeconds))) };
      await gone(client.call(rt.stopContainer, request, { deadlineMs: graceSeconds * 1000 + changeMs, signal }));
    },
    async removeContainer(id) {
      await gone(client.call(rt.removeContainer, { containerId: id }, { deadlineMs: changeMs }));
    },
    async containerStatus(id) {
      const reply = await found(client.call(rt.containerStatus, { containerId: id, verbose: false }, { deadlineMs: readMs }));
      return reply?.status === undefined ? undefined : containerStatusOf(reply.status, sandboxLabel);
    },
    async listContainers(labels = {}) {
      const filter = { id: '', state: undefined, podSandboxId: '', labelSelector: { ...labels } };
      const reply = await client.call(rt.listContainers, { filter }, { deadlineMs: readMs });
      return reply.containers.map(containerOf);
    },
    async reopenLog(id) {
      await client.call(rt.reopenContainerLog, { containerId: id }, { deadlineMs: readMs });
    },
  };
}

function streamCalls(client: CriClient): Pick<Runtime, 'execSync' | 'execUrl' | 'attachUrl' | 'portForwardUrl'> {
  return {
    async execSync(id, command, timeoutMs, signal) {
      const request = { containerId: id, cmd: [...command], timeout: BigInt(Math.ceil(timeoutMs / 1000)) };
      const reply = await client.call(rt.execSync, request, { deadlineMs: timeoutMs + 2_000, signal });
      return { exitCode: reply.exitCode, stdout: reply.stdout, stderr: reply.stderr };
    },
    async execUrl(id, command, options) {
      return (await client.call(rt.exec, { containerId: id, cmd: [...command], ...options }, { deadlineMs: readMs })).url;
    },
    async attachUrl(id, options) {
      return (await client.call(rt.attach, { containerId: id, ...options }, { deadlineMs: readMs })).url;
    },
    async portForwardUrl(sandboxId, port) {
      return (await client.call(rt.portForward, { podSandboxId: sandboxId, port: [port] }, { deadlineMs: readMs })).url;
    },
  };
}

function imageCalls(client: CriClient): Pick<Runtime, 'imageStatus' | 'listImages' | 'pullImage' | 'removeImage' | 'imageFilesystem'> {
  const spec = (image: string): { image: string; annotations: Record<string, string>; userSpecifiedImage: string; runtimeHandler: string } => ({
    image,
    annotations: {},
    userSpecifiedImage: '',
    runtimeHandler: '',
  });
  return {
    async imageStatus(image) {
      const reply = await client.call(images.imageStatus, { image: spec(image), verbose: false }, { deadlineMs: readMs });
      return reply.image === undefined ? undefined : imageOf(reply.image);
    },
    async listImages() {
      return (await client.call(images.listImages, { filter: undefined }, { deadlineMs: readMs })).images.map(imageOf);
    },
    async pullImage(image, auth, sandbox, signal) {
      const request = PullImageRequest.fromPartial({ image: { image }, sandboxConfig: sandboxMessage(sandbox), ...(auth === undefined ? {} : { auth: { ...auth } }) });
      return (await client.call(images.pullImage, request, { deadlineMs: pullMs, signal })).imageRef;
    },
    async removeImage(image) {
      await gone(client.call(images.removeImage, { image: spec(image) }, { deadlineMs: changeMs }));
    },
    async imageFilesystem() {
      const reply = await client.call(images.imageFsInfo, {}, { deadlineMs: readMs });
      return reply.imageFilesystems[0]?.fsId?.mountpoint;
    },
  };
}

async function found<R>(call: Promise<R>): Promise<R | undefined> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof RuntimeError && error.code === 'not-found') return undefined;
    throw error;
  }
}

async function gone(call: Promise<unknown>): Promise<void> {
  await found(call);
}

import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Container, ContainerStatus, Runtime, Sandbox, SandboxStatus } from '@rhythm/cri';
import { parseLogLine } from '../logs/log-line.ts';
import { runtimeAnnotations, runtimeLabels } from '../observed/labels.ts';
import type { ObservedPod } from '../observed/observed.ts';

/** KEP limits of termination messages: 4 KiB from the file, 2 KiB or 80 lines from the log. */
const messageBytesMax = 4096;
const logTailBytesMax = 2048;
const logTailLinesMax = 80;

/** Reads what the runtime holds of pods. What cannot change any more is read once. */
export class Observer {
  readonly #runtime: Runtime;
  readonly #owner: string;
  readonly #ended = new Map<string, ContainerStatus>();

  constructor(runtime: Runtime, owner: string) {
    this.#runtime = runtime;
    this.#owner = owner;
  }

  async observe(uid: string): Promise<ObservedPod> {
    const labels = { [runtimeLabels.podUid]: uid, [runtimeLabels.owner]: this.#owner };
    const [sandboxes, containers] = await Promise.all([this.#runtime.listSandboxes(labels), this.#runtime.listContainers(labels)]);
    const statuses = await Promise.all([Promise.all(sandboxes.map((sandbox) => this.#sandbox(sandbox))), Promise.all(containers.map((container) => this.#container(container)))]);
    return {
      sandboxes: statuses[0].filter((status) => status !== undefined).toSorted((a, b) => b.attempt - a.attempt || b.createdAt - a.createdAt),
      containers: statuses[1].filter((status) => status !== undefined).toSorted((a, b) => b.attempt - a.attempt || b.createdAt - a.createdAt),
    };
  }

  /** Every sandbox and container of this kubelet, for finding orphans and what an event is about. */
  async listAll(): Promise<{ readonly sandboxes: readonly Sandbox[]; readonly containers: readonly Container[] }> {
    const labels = { [runtimeLabels.owner]: this.#owner };
    const [sandboxes, containers] = await Promise.all([this.#runtime.listSandboxes(labels), this.#runtime.listContainers(labels)]);
    const known = new Set(containers.map((container) => container.id));
    for (const id of this.#ended.keys()) if (!known.has(id)) this.#ended.delete(id);
    return { sandboxes, containers };
  }

  async #sandbox(sandbox: Sandbox): Promise<SandboxStatus | undefined> {
    return sandbox.ready ? this.#runtime.sandboxStatus(sandbox.id) : { ...sandbox, ips: [] };
  }

  async #container(container: Container): Promise<ContainerStatus | undefined> {
    const known = this.#ended.get(container.id);
    if (known !== undefined) return known;
    const status = await this.#runtime.containerStatus(container.id);
    if (status === undefined || status.state !== 'exited') return status;
    const ended = { ...status, message: await terminationMessage(status) };
    this.#ended.set(container.id, ended);
    return ended;
  }
}

/** What the container left in its message file; else the end of its log, where it asks for that; else the runtime's words. */
async function terminationMessage(status: ContainerStatus): Promise<string> {
  const file = status.annotations[runtimeAnnotations.terminationMessageFile] ?? '';
  const text = file === '' ? '' : await readTail(file, messageBytesMax, 'head');
  if (text !== '') return text;
  const policy = status.annotations[runtimeAnnotations.terminationMessagePolicy];
  if (policy === 'FallbackToLogsOnError' && status.exitCode !== 0 && status.logPath !== '') {
    const raw = await readTail(status.logPath, logTailBytesMax * 2, 'tail');
    const lines = raw.split('\n').map((line) => parseLogLine(line)).filter((line) => line !== undefined);
    const tail = lines.slice(-logTailLinesMax).map((line) => line.text + (line.partial ? '' : '\n')).join('').slice(-logTailBytesMax);
    if (tail !== '') return tail;
  }
  return status.message;
}

async function readTail(path: string, bytesMax: number, end: 'head' | 'tail'): Promise<string> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(() => undefined);
  if (handle === undefined) return '';
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) return '';
    const length = Math.min(stat.size, bytesMax);
    const buffer = Buffer.alloc(length);
    await handle.read(buffer, 0, length, end === 'head' ? 0 : stat.size - length);
    return buffer.toString('utf8');
  } finally {
    await handle.close();
  }
}

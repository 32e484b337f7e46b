import { AsyncQueue, type Clock } from '@rhythm/base';
import {
  RuntimeError,
  type Container,
  type ContainerConfig,
  type ContainerStatus,
  type ExecResult,
  type Image,
  type Labels,
  type Runtime,
  type RuntimeEvent,
  type SandboxConfig,
  type SandboxStatus,
} from './runtime.ts';

/** What a fake container does by itself. */
export interface FakeBehaviour {
  /** It ends by itself this long after it started; absent: it runs until it is stopped. */
  readonly endsAfterMs?: number;
  readonly exitCode?: number;
  readonly reason?: string;
  /** How long it takes to end after the signal; more than its grace: it is killed. Default 0. */
  readonly stopsAfterMs?: number;
}

export interface FakeRuntimeOptions {
  readonly clock: Clock;
  /** Images that need no pull. Pulls of others succeed too, unless `pull` throws. */
  readonly images?: readonly string[];
  readonly behaviour?: (config: ContainerConfig) => FakeBehaviour;
  /** Called before each pull; what it throws is the answer. */
  readonly pull?: (image: string) => void | Promise<void>;
  readonly exec?: (container: ContainerStatus, command: readonly string[]) => ExecResult | Promise<ExecResult>;
  /** Called before each call that changes something, with its name and object; what it throws is the answer. */
  readonly before?: (call: string, about: string) => void | Promise<void>;
}

/** A runtime in memory, and a test's hands on it. Everything follows from the clock and the order of calls. */
export interface FakeRuntime extends Runtime {
  /** `call object` of everything that changed something, in order. */
  readonly calls: readonly string[];
  /** Ends a running container from within. */
  end(id: string, exitCode: number, reason?: string): void;
  /** The sandbox dies, and all in it. */
  killSandbox(id: string): void;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const eventQueueMax = 10_000;
const encoder = new TextEncoder();

export function fakeRuntime(options: FakeRuntimeOptions): FakeRuntime {
  return new Fake(options);
}

class Fake implements FakeRuntime {
  readonly calls: string[] = [];
  readonly #options: FakeRuntimeOptions;
  readonly #sandboxes = new Map<string, Mutable<SandboxStatus>>();
  readonly #containers = new Map<string, Mutable<ContainerStatus> & { readonly config: ContainerConfig }>();
  readonly #images = new Map<string, Image>();
  readonly #listeners = new Set<AsyncQueue<RuntimeEvent>>();
  readonly #ended = new Map<string, () => void>();
  #count = 0;

  constructor(options: FakeRuntimeOptions) {
    this.#options = options;
    for (const image of options.images ?? []) this.#addImage(image);
  }

  version(): Promise<{ name: string; version: string }> {
    return Promise.resolve({ name: 'fake', version: '1' });
  }

  status(): ReturnType<Runtime['status']> {
    const ready = { ready: true, reason: '', message: '' };
    return Promise.resolve({ runtime: ready, network: ready });
  }

  async runSandbox(config: SandboxConfig): Promise<string> {
    await this.#called('runSandbox', config.name);
    const id = `sandbox-${++this.#count}`;
    const { name, namespace, uid, attempt, labels, annotations } = config;
    const ips = config.namespaces.network === 'node' ? [] : [`10.0.${this.#count >> 8}.${this.#count & 255}`];
    this.#sandboxes.set(id, { id, name, namespace, uid, attempt, labels, annotations, ready: true, createdAt: this.#options.clock.now(), ips });
    return id;
  }

  async stopSandbox(id: string): Promise<void> {
    await this.#called('stopSandbox', id);
    this.killSandbox(id);
  }

  async removeSandbox(id: string): Promise<void> {
    await this.#called('removeSandbox', id);
    this.killSandbox(id);
    this.#sandboxes.delete(id);
    for (const container of this.#containers.values()) if (container.sandboxId === id) this.#containers.delete(container.id);
  }

  sandboxStatus(id: string): Promise<SandboxStatus | undefined> {
    return Promise.resolve(copy(this.#sandboxes.get(id)));
  }

  listSandboxes(labels: Labels = {}): Promise<readonly SandboxStatus[]> {
    return Promise.resolve([...this.#sandboxes.values()].filter((sandbox) => fits(sandbox.labels, labels)).map((sandbox) => ({ ...sandbox })));
  }

  async createContainer(sandboxId: string, config: ContainerConfig): Promise<string> {
    await this.#called('createContainer', config.name);
    const sandbox = this.#sandboxes.get(sandboxId);
    if (sandbox?.ready !== true) throw new RuntimeError('not-found', `CreateContainer: sandbox ${sandboxId} is not ready`);
    const id = `container-${++this.#count}`;
    this.#containers.set(id, {
      id,
      sandboxId,
      name: config.name,
      attempt: config.attempt,
      state: 'created',
      createdAt: this.#options.clock.now(),
      startedAt: 0,
      finishedAt: 0,
      exitCode: 0,
      reason: '',
      message: '',
      image: config.image,
      imageRef: `sha256:${config.image}`,
      logPath: '',
      labels: config.labels,
      annotations: config.annotations,
      config,
    });
    return id;
  }

  async startContainer(id: string): Promise<void> {
    const container = this.#container(id, 'StartContainer');
    await this.#called('startContainer', container.name);
    container.state = 'running';
    container.startedAt = this.#options.clock.now();
    const { endsAfterMs, exitCode = 0, reason } = this.#options.behaviour?.(container.config) ?? {};
    this.#tell(id);
    if (endsAfterMs !== undefined) this.#options.clock.setTimer(endsAfterMs, () => this.end(id, exitCode, reason));
  }

  async stopContainer(id: string, graceSeconds: number, signal?: AbortSignal): Promise<void> {
    const container = this.#containers.get(id);
    await this.#called('stopContainer', `${container?.name ?? id} ${graceSeconds}s`);
    if (container?.state !== 'running') return;
    const { stopsAfterMs = 0, exitCode = 0 } = this.#options.behaviour?.(container.config) ?? {};
    const inTime = stopsAfterMs <= graceSeconds * 1000;
    const gone = new Promise<void>((resolve) => this.#ended.set(id, resolve));
    const timer = this.#options.clock.setTimer(inTime ? stopsAfterMs : graceSeconds * 1000, () => this.end(id, inTime ? exitCode : 137, inTime ? undefined : 'Error'));
    await Promise.race([gone, aborted(signal)]).finally(() => signal?.aborted === true && timer.cancel());
  }

  async removeContainer(id: string): Promise<void> {
    await this.#called('removeContainer', id);
    this.#containers.delete(id);
  }

  containerStatus(id: string): Promise<ContainerStatus | undefined> {
    return Promise.resolve(copy(this.#containers.get(id)));
  }

  listContainers(labels: Labels = {}): Promise<readonly Container[]> {
    return Promise.resolve([...this.#containers.values()].filter((container) => fits(container.labels, labels)).map((container) => ({ ...container })));
  }

  reopenLog(): Promise<void> {
    return Promise.resolve();
  }

  usage(): ReturnType<Runtime['usage']> {
    return Promise.resolve([]);
  }

  async execSync(id: string, command: readonly string[]): Promise<ExecResult> {
    const container = this.#container(id, 'ExecSync');
    if (container.state !== 'running') throw new RuntimeError('failed', `ExecSync: container ${id} does not run`);
    return (await this.#options.exec?.({ ...container }, command)) ?? { exitCode: 0, stdout: encoder.encode(''), stderr: encoder.encode('') };
  }

  execUrl(): Promise<string> {
    return Promise.reject(new RuntimeError('failed', 'Exec: the fake runtime has no streams'));
  }

  attachUrl(): Promise<string> {
    return this.execUrl();
  }

  portForwardUrl(): Promise<string> {
    return this.execUrl();
  }

  imageStatus(image: string): Promise<Image | undefined> {
    return Promise.resolve([...this.#images.values()].find((found) => found.id === image || found.tags.includes(image)));
  }

  listImages(): Promise<readonly Image[]> {
    return Promise.resolve([...this.#images.values()]);
  }

  async pullImage(image: string): Promise<string> {
    await this.#called('pullImage', image);
    await this.#options.pull?.(image);
    return this.#addImage(image).id;
  }

  async removeImage(image: string): Promise<void> {
    await this.#called('removeImage', image);
    this.#images.delete(image);
  }

  imageFilesystem(): Promise<string | undefined> {
    return Promise.resolve(undefined);
  }

  async *events(signal: AbortSignal): AsyncGenerator<RuntimeEvent> {
    const queue = new AsyncQueue<RuntimeEvent>(eventQueueMax);
    this.#listeners.add(queue);
    signal.addEventListener('abort', () => queue.end(), { once: true });
    try {
      yield* queue;
    } finally {
      this.#listeners.delete(queue);
    }
  }

  end(id: string, exitCode: number, reason = exitCode === 0 ? 'Completed' : 'Error'): void {
    const container = this.#containers.get(id);
    if (container?.state !== 'running') return;
    container.state = 'exited';
    container.exitCode = exitCode;
    container.reason = reason;
    container.finishedAt = this.#options.clock.now();
    this.#ended.get(id)?.();
    this.#ended.delete(id);
    this.#tell(id);
  }

  killSandbox(id: string): void {
    const sandbox = this.#sandboxes.get(id);
    if (sandbox === undefined) return;
    for (const container of this.#containers.values()) if (container.sandboxId === id) this.end(container.id, 137, 'Error');
    if (!sandbox.ready) return;
    sandbox.ready = false;
    sandbox.ips = [];
    this.#tell(id);
  }

  async #called(call: string, about: string): Promise<void> {
    this.calls.push(`${call} ${about}`);
    await this.#options.before?.(call, about);
  }

  #container(id: string, call: string): Mutable<ContainerStatus> & { readonly config: ContainerConfig } {
    const found = this.#containers.get(id);
    if (found === undefined) throw new RuntimeError('not-found', `${call}: no container ${id}`);
    return found;
  }

  #addImage(name: string): Image {
    const image: Image = { id: `sha256:${name}`, tags: [name], digests: [], sizeBytes: 1_000_000, pinned: false };
    this.#images.set(name, image);
    return image;
  }

  #tell(id: string): void {
    for (const listener of this.#listeners) listener.push({ id });
  }
}

const copy = <T extends object>(value: T | undefined): T | undefined => (value === undefined ? undefined : { ...value });

const fits = (labels: Labels, wanted: Labels): boolean => Object.entries(wanted).every(([key, value]) => labels[key] === value);

function aborted(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(new RuntimeError('cancelled', 'StopContainer: cancelled')), { once: true }));
}

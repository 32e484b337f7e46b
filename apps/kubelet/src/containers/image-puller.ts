import { causeChain, type Clock, type Instant } from '@rhythm/base';
import type { Container, Pod, Secret } from '@rhythm/api/types/core-v1';
import type { Image, Runtime, SandboxConfig } from '@rhythm/cri';
import type { PodEvents } from '../observed/events.ts';
import { goDuration, raiseDelay } from '../observed/restart-policy.ts';
import { authsFor, withDefaultTag } from './image-auth.ts';
import { imageNameFault } from './image-name.ts';
import { ObstacleError } from './obstacle-error.ts';
import { runtimeText } from './runtime-text.ts';

export interface FoundImage {
  readonly image: Image;
  /** What to make the container from. */
  readonly ref: string;
}

/** Ten seconds doubling to five minutes, as for restarts. */
const backoff = { initialMs: 10_000, maxMs: 300_000 } as const;
/** How long the reason of a failed pull shows before it reads as back-off. */
const showFailureMs = 1_500;
const pullsMax = 4;

/** Finds and pulls the images of containers. Several pods that want one image share its pull. */
export class ImagePuller {
  readonly #runtime: Runtime;
  readonly #clock: Clock;
  readonly #delays = new Map<string, { readonly delayMs: number; readonly until: Instant; readonly why: string }>();
  readonly #pulling = new Map<string, Promise<string>>();
  #running = 0;
  readonly #queue: (() => void)[] = [];

  constructor(runtime: Runtime, clock: Clock) {
    this.#runtime = runtime;
    this.#clock = clock;
  }

  /** @throws ObstacleError ErrImagePull, ImagePullBackOff, ErrImageNeverPull, InvalidImageName or ImageInspectError */
  async ensure(pod: Pod, container: Container, secrets: readonly Secret[], sandbox: SandboxConfig, events: PodEvents, signal: AbortSignal): Promise<FoundImage> {
    const name = withDefaultTag(container.image ?? '');
    const fault = imageNameFault(container.image ?? '');
    if (fault !== undefined) {
      const message = `Failed to apply default image tag "${container.image}": couldn't parse image name "${container.image}": ${fault}`;
      events.warning('InspectFailed', message, container.name);
      throw new ObstacleError('InvalidImageName', message, backoff.maxMs);
    }
    const policy = container.imagePullPolicy ?? (name.endsWith(':latest') ? 'Always' : 'IfNotPresent');
    const present = policy === 'Always' ? undefined : await this.#inspect(name);
    if (present !== undefined) {
      events.normal('Pulled', `Container image "${container.image}" already present on machine and can be accessed by the pod`, container.name);
      return { image: present, ref: present.id };
    }
    if (policy === 'Never') {
      events.warning('ErrImageNeverPull', `Container image "${container.image}" is not present with pull policy of Never`, container.name);
      throw new ObstacleError('ErrImageNeverPull', `Container image "${container.image}" is not present with pull policy of Never`, backoff.initialMs);
    }
    return this.#pull(pod, container, name, secrets, sandbox, events, signal);
  }

  forget(uid: string): void {
    for (const key of this.#delays.keys()) if (key.startsWith(`${uid} `)) this.#delays.delete(key);
  }

  async #pull(pod: Pod, container: Container, name: string, secrets: readonly Secret[], sandbox: SandboxConfig, events: PodEvents, signal: AbortSignal): Promise<FoundImage> {
    const key = `${pod.metadata.uid} ${name}`;
    const waiting = this.#delays.get(key);
    const now = this.#clock.now();
    if (waiting !== undefined && waiting.until > now) {
      events.normal('BackOff', `Back-off pulling image "${container.image}"`, container.name);
      throw new ObstacleError('ImagePullBackOff', `Back-off pulling image "${container.image}": ErrImagePull: ${waiting.why}`, waiting.until - now);
    }
    events.normal('Pulling', `Pulling image "${container.image}"`, container.name);
    const startedMs = this.#clock.monotonic();
    try {
      const ref = await abortable(this.#shared(name, secrets, sandbox), signal);
      const image = await this.#inspect(ref);
      if (image === undefined) throw new Error(`the runtime pulled ${ref} and does not know it`);
      const took = goDuration(this.#clock.monotonic() - startedMs);
      events.normal('Pulled', `Successfully pulled image "${container.image}" in ${took} (${took} including waiting). Image size: ${image.sizeBytes} bytes.`, container.name);
      this.#delays.delete(key);
      return { image, ref: image.id };
    } catch (error) {
      if (signal.aborted) throw error;
      const why = runtimeText(error);
      const delayMs = raiseDelay(waiting?.delayMs, backoff.initialMs, backoff.maxMs);
      this.#delays.set(key, { delayMs, until: this.#clock.now() + delayMs, why });
      events.warning('Failed', `Failed to pull image "${container.image}": ${why}`, container.name);
      throw new ObstacleError('ErrImagePull', why, showFailureMs, { cause: error });
    }
  }

  /** One pull per image and set of credentials at a time; a caller that goes away does not stop it for the others. */
  #shared(name: string, secrets: readonly Secret[], sandbox: SandboxConfig): Promise<string> {
    const id = JSON.stringify([name, secrets.map((secret) => [secret.metadata.uid, secret.metadata.resourceVersion])]);
    const running = this.#pulling.get(id);
    if (running !== undefined) return running;
    const pull = this.#limited(() => this.#tryAuths(name, secrets, sandbox)).finally(() => this.#pulling.delete(id));
    this.#pulling.set(id, pull);
    return pull;
  }

  async #tryAuths(name: string, secrets: readonly Secret[], sandbox: SandboxConfig): Promise<string> {
    const auths = authsFor(name, secrets);
    let failure: unknown;
    for (const auth of auths.length === 0 ? [undefined] : auths) {
      try {
        return await this.#runtime.pullImage(name, auth, sandbox);
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  }

  async #limited<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= pullsMax) await new Promise<void>((resolve) => this.#queue.push(resolve));
    this.#running++;
    try {
      return await work();
    } finally {
      this.#running--;
      this.#queue.shift()?.();
    }
  }

  async #inspect(name: string): Promise<Image | undefined> {
    try {
      return await this.#runtime.imageStatus(name);
    } catch (error) {
      throw new ObstacleError('ImageInspectError', `Failed to inspect image "${name}": ${causeChain(error)}`, backoff.initialMs, { cause: error });
    }
  }
}

/** Settles with `work`, or rejects as soon as the signal aborts. */
export function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason as Error);
    if (signal.aborted) {
      work.catch(() => undefined);
      stop();
      return;
    }
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

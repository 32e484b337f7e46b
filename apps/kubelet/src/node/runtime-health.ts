import type { Clock } from '@rhythm/base';
import type { Image, Runtime } from '@rhythm/cri';

/** A runtime that is away for less than this is restarting, not down: the same 30 s as in Kubernetes' kubelet. */
const graceMs = 30_000;

type RuntimeStatus = Awaited<ReturnType<Runtime['status']>>;

/**
 * What the runtime says of itself, for the Node's status. Containers run on while it restarts, so that for a short
 * time its last good word holds: a node that is called not ready loses the endpoints of all its pods.
 */
export class RuntimeHealth {
  readonly #runtime: Pick<Runtime, 'status' | 'listImages'>;
  readonly #clock: Clock;
  #good: { readonly status: RuntimeStatus; readonly atMs: number } | undefined;
  #images: readonly Image[] = [];

  constructor(runtime: Pick<Runtime, 'status' | 'listImages'>, clock: Clock) {
    this.#runtime = runtime;
    this.#clock = clock;
  }

  /** Undefined when the runtime has not answered for some time. */
  async status(): Promise<RuntimeStatus | undefined> {
    const found = await this.#runtime.status().catch(() => undefined);
    const nowMs = this.#clock.monotonic();
    if (found?.runtime.ready === true && found.network.ready) this.#good = { status: found, atMs: nowMs };
    return this.#good !== undefined && nowMs - this.#good.atMs < graceMs ? this.#good.status : found;
  }

  /** The images, as they were when the runtime last told. */
  async images(): Promise<readonly Image[]> {
    this.#images = await this.#runtime.listImages().catch(() => this.#images);
    return this.#images;
  }
}

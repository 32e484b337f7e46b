import type { APIService } from '@rhythm/api/types/apiregistration-v1';
import { causeChain, PassLoop, type Clock, type Log, type Random } from '@rhythm/base';
import { isAvailable } from './availability.ts';
import { aggregationLimits } from './limits.ts';

export const registrationGroup = 'apiregistration.k8s.io';
export const apiServices = 'apiservices';
const defaultPort = 443;

/** A group version that another server serves. */
export interface RemoteService {
  /** Of the APIService: `VERSION.GROUP`. */
  readonly name: string;
  readonly group: string;
  readonly version: string;
  readonly serviceNamespace: string;
  readonly serviceName: string;
  readonly port: number;
  /** PEM; '' where the authorities that the system trusts are meant. */
  readonly ca: string;
  readonly insecure: boolean;
  readonly isAvailable: boolean;
  readonly object: APIService;
}

/** The objects as they are in the watch cache: `identity` stays the same as long as the object does. */
export type ApiServiceSource = () => Promise<ReadonlyArray<{ readonly identity: object; read(): APIService }>>;

export interface TablePorts {
  readonly source: ApiServiceSource;
  /** Calls `listener` after each batch of changes to APIServices. Returns how to stop that. */
  onChange(listener: () => void): () => void;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** The APIServices as they are, to be asked on the way of every request: rebuilt behind each batch of changes. */
export class ApiServiceTable {
  readonly #ports: TablePorts;
  readonly #passes: PassLoop;
  readonly #read = new WeakMap<object, APIService>();
  readonly #listeners = new Set<() => void>();
  #objects: readonly APIService[] = [];
  #remotes: ReadonlyMap<string, RemoteService> = new Map();
  #generation = 0;
  #unsubscribe: () => void = () => undefined;

  constructor(ports: TablePorts) {
    const { clock, random, log } = ports;
    this.#ports = ports;
    this.#passes = new PassLoop({
      pass: () => this.#rebuild(),
      failed: (error) => log.warn('the APIServices cannot be read', { error: causeChain(error) }),
      backoff: { initialMs: aggregationLimits.gatherMs, maxMs: 5_000, factor: 2, jitter: 0.2 },
      // A thousand that come at once are not read a thousand times.
      restMs: aggregationLimits.gatherMs,
      clock,
      random,
    });
  }

  /** Resolves when what was registered before is known. */
  async start(): Promise<void> {
    await this.#rebuild();
    this.#unsubscribe = this.#ports.onChange(() => this.#passes.trigger());
    this.#passes.trigger();
  }

  async stop(): Promise<void> {
    this.#unsubscribe();
    await this.#passes.stop(new Error('the server is stopping'));
  }

  /** Grows with every change. */
  get generation(): number {
    return this.#generation;
  }

  get all(): readonly APIService[] {
    return this.#objects;
  }

  /** By name; what this server serves itself is not among them. */
  get remotes(): ReadonlyMap<string, RemoteService> {
    return this.#remotes;
  }

  remoteOf(group: string, version: string): RemoteService | undefined {
    return this.#remotes.size === 0 ? undefined : this.#remotes.get(`${version}.${group}`);
  }

  /** Returns how to stop that. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async #rebuild(): Promise<void> {
    const entries = await this.#ports.source();
    const objects = entries.map((entry) => {
      const known = this.#read.get(entry.identity);
      if (known !== undefined) return known;
      const object = entry.read();
      this.#read.set(entry.identity, object);
      return object;
    });
    if (objects.length === this.#objects.length && objects.every((object, i) => object === this.#objects[i])) return;
    this.#objects = objects;
    this.#remotes = new Map(objects.flatMap((object) => remoteOf(object) ?? []).map((remote) => [remote.name, remote]));
    this.#generation++;
    for (const listener of this.#listeners) listener();
  }
}

function remoteOf(object: APIService): RemoteService | undefined {
  const { service, group = '', version = '', caBundle, insecureSkipTLSVerify } = object.spec;
  if (service === undefined) return undefined;
  return {
    name: object.metadata.name ?? '',
    group,
    version,
    serviceNamespace: service.namespace ?? '',
    serviceName: service.name ?? '',
    port: service.port ?? defaultPort,
    ca: caBundle === undefined ? '' : Buffer.from(caBundle, 'base64').toString(),
    insecure: insecureSkipTLSVerify === true,
    isAvailable: isAvailable(object),
    object,
  };
}

/** What tells the servers behind APIServices apart: several may share one. */
export function serverKey({ serviceNamespace, serviceName, port }: RemoteService): string {
  return JSON.stringify([serviceNamespace, serviceName, port]);
}

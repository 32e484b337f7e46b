import { parseAccept } from '../render/negotiate.ts';
import { discoveryPath } from './availability.ts';
import { aggregatorUser } from './availability-controller.ts';
import { DocumentError, resourcesOfAggregated, resourcesOfList, type DiscoveredResource } from './discovery-documents.ts';
import { identityHeaders } from './identity-headers.ts';
import { aggregationLimits } from './limits.ts';
import { Refresher, spokesman, type RefresherPorts, type Served } from './refresher.ts';
import { RemoteError, type RemoteClient } from './remote-client.ts';
import { serverKey, type RemoteService } from './service-table.ts';

/** What is known of a group version that another server serves. */
export interface RemoteVersion {
  readonly resources: readonly DiscoveredResource[];
  /** The server could not be asked when it was last tried, or not yet. */
  readonly isStale: boolean;
}

const aggregatedForms = ['v2', 'v2beta1'].map((version) => `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`).join(',');
const unknown: RemoteVersion = { resources: [], isStale: true };

/** What the servers behind APIServices serve, as they said last. */
export class RemoteDiscovery {
  readonly #client: Pick<RemoteClient, 'fetch'>;
  readonly #refresher: Refresher;
  /** By server, then by name of the APIService. */
  readonly #found = new Map<string, ReadonlyMap<string, RemoteVersion>>();
  readonly #etags = new Map<string, string>();
  #generation = 0;

  constructor(client: Pick<RemoteClient, 'fetch'>, ports: RefresherPorts) {
    this.#client = client;
    this.#refresher = new Refresher(ports, 'what an aggregated server serves cannot be read', (served, signal) => this.#read(served, signal), (key) => this.#forget(key));
  }

  start(): void {
    this.#refresher.start();
  }

  stop(): void {
    this.#refresher.stop();
  }

  /** Grows with every change. */
  get generation(): number {
    return this.#generation;
  }

  of(remote: RemoteService): RemoteVersion {
    return this.#found.get(serverKey(remote))?.get(remote.name) ?? unknown;
  }

  #forget(key: string): void {
    this.#found.delete(key);
    this.#etags.delete(key);
    this.#generation++;
  }

  async #read(served: Served, signal: AbortSignal): Promise<void> {
    const key = serverKey(served[0]);
    const before = this.#found.get(key) ?? new Map<string, RemoteVersion>();
    try {
      // A server that is known not to serve is not asked: its APIServices change when it does again.
      const known = served.every(({ isAvailable }) => !isAvailable) ? undefined : ((await this.#aggregated(key, served, before, signal)) ?? (await this.#older(served, signal)));
      this.#set(key, new Map(served.map((remote) => [remote.name, known?.get(remote.name) ?? { resources: before.get(remote.name)?.resources ?? [], isStale: true }])));
    } catch (error) {
      this.#set(key, new Map(served.map(({ name }) => [name, { resources: before.get(name)?.resources ?? [], isStale: true }])));
      throw error;
    }
  }

  #set(key: string, next: ReadonlyMap<string, RemoteVersion>): void {
    if (JSON.stringify([...(this.#found.get(key) ?? [])]) !== JSON.stringify([...next])) this.#generation++;
    this.#found.set(key, next);
  }

  /** All in one document; `undefined` where the server does not know that form. */
  async #aggregated(key: string, served: Served, before: ReadonlyMap<string, RemoteVersion>, signal: AbortSignal): Promise<Map<string, RemoteVersion> | undefined> {
    const isSame = served.every(({ name }) => before.has(name));
    const etag = isSame ? this.#etags.get(key) : undefined;
    const { status, headers, body } = await this.#fetch(spokesman(served), '/apis', { accept: [`${aggregatedForms},application/json`], ...(etag === undefined ? {} : { 'if-none-match': [etag] }) }, signal);
    const current = (resources: readonly DiscoveredResource[]): RemoteVersion => ({ resources, isStale: false });
    if (status === 304 && etag !== undefined) return new Map([...before].map(([name, { resources }]) => [name, current(resources)]));
    const [type] = parseAccept(headers['content-type'] ?? '');
    if (status !== 200 || type?.parameters.get('as') !== 'APIGroupDiscoveryList') return undefined;
    const all = resourcesOfAggregated(parsed(body));
    const said = headers['etag'];
    if (said === undefined) this.#etags.delete(key);
    else this.#etags.set(key, said);
    return new Map(served.map(({ name, group, version }) => [name, current(all.get(`${group}/${version}`) ?? [])]));
  }

  async #older(served: Served, signal: AbortSignal): Promise<Map<string, RemoteVersion>> {
    const found = new Map<string, RemoteVersion>();
    for (const remote of served.filter(({ isAvailable }) => isAvailable)) {
      const path = discoveryPath(remote);
      const { status, body } = await this.#fetch(remote, path, { accept: ['application/json'] }, signal);
      if (status !== 200) throw new RemoteError(`${path} was answered with ${status}`);
      found.set(remote.name, { resources: resourcesOfList(parsed(body), remote.group, remote.version), isStale: false });
    }
    return found;
  }

  #fetch(remote: RemoteService, path: string, headers: Record<string, string[]>, signal: AbortSignal): ReturnType<RemoteClient['fetch']> {
    return this.#client.fetch(remote, path, { ...identityHeaders(aggregatorUser), ...headers }, { timeoutMs: aggregationLimits.documentMs, bytesMax: aggregationLimits.discoveryBytesMax, signal });
  }
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString()) as unknown;
  } catch (error) {
    throw new DocumentError('it is no JSON', { cause: error });
  }
}

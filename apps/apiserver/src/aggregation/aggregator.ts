import type { Clock, Log, Random } from '@rhythm/base';
import type { MetricsRegistry } from '@rhythm/telemetry';
import type { LiveCertificates } from '../certificates/live-certificates.ts';
import type { FrontProxyConfig, ResourceChanges } from '../auth/index.ts';
import type { LiveRegistry } from '../custom/live-registry.ts';
import type { OtherServers } from '../discovery/documents.ts';
import type { PathHandler } from '../ports/handlers.ts';
import type { OwnWrites } from '../ports/own-writes.ts';
import type { RemoteResources } from '../pipeline/ports.ts';
import type { ObjectReader } from '../ports/types.ts';
import { AuthenticationConfig, type Trusted } from './authentication-config.ts';
import { AvailabilityController } from './availability-controller.ts';
import { availabilityMetrics, type CountUnavailable } from './availability-metrics.ts';
import { LocalServices } from './local-services.ts';
import { RemoteClient, type ProxyClientCredentials } from './remote-client.ts';
import { RemoteDiscovery } from './remote-discovery.ts';
import type { OtherDocuments } from '../openapi/documents.ts';
import { RemoteFace } from './remote-face.ts';
import { RemoteOpenApi } from './remote-openapi.ts';
import { RemoteResourceRequests } from './remote-resources.ts';
import { otherServers } from './served-groups.ts';
import { apiServices, ApiServiceTable, registrationGroup, type ApiServiceSource } from './service-table.ts';

export interface AggregatorConfig {
  /** PEM: whose certificates are users. */
  readonly clientCa: string;
  readonly frontProxy?: FrontProxyConfig;
  /** By which aggregated servers know that this one may speak for others. */
  readonly proxyClient?: ProxyClientCredentials;
  /** The same while the server runs: authorities and certificates are renewed. */
  readonly live?: Pick<LiveCertificates, 'serving' | 'proxyClient'>;
  /** Deadline of everything that is not a watch or a stream. */
  readonly requestMs: number;
}

export interface AggregatorPorts {
  readonly registry: LiveRegistry;
  readonly reader: ObjectReader;
  readonly changes: ResourceChanges;
  readonly source: ApiServiceSource;
  readonly metrics: MetricsRegistry;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

interface Part {
  start(): Promise<void> | void;
  stop(): Promise<void> | void;
}

/** Everything that makes servers behind APIServices a part of this one. */
export class Aggregator {
  /** For the HTTP face. */
  readonly face: RemoteFace;
  /** For the pipeline, and so for gRPC. */
  readonly resources: RemoteResources;
  /** For the documents of discovery. */
  readonly others: OtherServers;
  readonly #openApi: RemoteOpenApi;
  readonly #countUnavailable: CountUnavailable;
  readonly #config: AggregatorConfig;
  readonly #ports: AggregatorPorts;
  readonly #table: ApiServiceTable;
  readonly #client: RemoteClient;
  readonly #discovery: RemoteDiscovery;
  /** Those that are not yet started, in their order. */
  #parts: Part[] | undefined;
  readonly #started: Part[] = [];

  constructor(config: AggregatorConfig, ports: AggregatorPorts) {
    const { reader, changes, source, clock, random, log, registry } = ports;
    this.#config = config;
    this.#ports = ports;
    this.#table = new ApiServiceTable({ source, onChange: (listener) => changes.onChange(registrationGroup, apiServices, listener), clock, random, log });
    this.#countUnavailable = availabilityMetrics(ports.metrics, this.#table);
    this.#client = new RemoteClient({ reader, random, clock, proxyClient: () => config.live?.proxyClient?.current ?? config.proxyClient });
    this.#discovery = new RemoteDiscovery(this.#client, { table: this.#table, clock, random, log });
    this.#openApi = new RemoteOpenApi(this.#client, { table: this.#table, clock, random, log });
    this.face = new RemoteFace({ table: this.#table, client: this.#client, openApi: this.#openApi, clock, requestMs: config.requestMs });
    this.resources = new RemoteResourceRequests({ table: this.#table, client: this.#client, discovery: this.#discovery, clock, requestMs: config.requestMs });
    this.others = otherServers(this.#table, this.#discovery, registry);
  }

  get openApi(): OtherDocuments {
    return this.#openApi;
  }

  /** Documents that are other servers': to be asked before those of this one. */
  get documents(): PathHandler {
    return (exchange, user, delegated) => this.face.serveDocument(exchange, user, delegated);
  }

  /** Resolves when what this server serves has its APIServices, and others are known. After it has failed it may be called again. */
  async start(writes: OwnWrites): Promise<void> {
    this.#parts ??= this.#partsWith(writes);
    for (let part = this.#parts[0]; part !== undefined; part = this.#parts[0]) {
      if (this.#started.at(-1) !== part) this.#started.push(part);
      await part.start();
      this.#parts.shift();
    }
  }

  #partsWith(writes: OwnWrites): Part[] {
    const { registry, reader, changes, clock, random, log } = this.#ports;
    const common = { reader, writes, clock, random, log };
    const authentication = new AuthenticationConfig({ ...common, changes }, () => this.#trusted());
    let unfollow: (() => void) | undefined;
    return [
      this.#table,
      new LocalServices({ ...common, registry, table: this.#table }),
      authentication,
      { start: () => void (unfollow = this.#config.live?.serving?.onChange(() => authentication.trigger())), stop: () => unfollow?.() },
      new AvailabilityController({ ...common, changes, table: this.#table, client: this.#client, countUnavailable: this.#countUnavailable }),
      this.#discovery,
      this.#openApi,
    ];
  }

  /** Whom this server believes at the moment. */
  #trusted(): Trusted {
    const { clientCa, frontProxy, live } = this.#config;
    const { current } = live?.serving ?? {};
    return { clientCa: current?.clientCa ?? clientCa, ...(frontProxy === undefined ? {} : { frontProxy: { ...frontProxy, ca: current?.frontProxyCa ?? frontProxy.ca } }) };
  }

  async stop(): Promise<void> {
    for (const part of this.#started.toReversed()) await part.stop();
    this.#client.close();
  }
}

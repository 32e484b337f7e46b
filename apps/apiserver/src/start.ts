import { kindRegistry, type KindDefinition } from '@rhythm/api';
import type { APIService } from '@rhythm/api/types/apiregistration-v1';
import type { Pod } from '@rhythm/api/types/core-v1';
import { toError, type Clock, type Live, type Log, type Random } from '@rhythm/base';
import type { LiveFiles } from '@rhythm/config';
import { serveGrpc, type GrpcServer } from '@rhythm/grpc';
import { startHttpServer, type HttpLimits, type HttpServer, type HttpTls, type NamedCertificate } from '@rhythm/http';
import type { Store } from '@rhythm/store-client';
import { MetricsRegistry, processMetrics } from '@rhythm/telemetry';
import { Aggregator, type ProxyClientCredentials } from './aggregation/index.ts';
import { admissionSteps, choosePlugins, type AdmissionPorts, type PluginChoice } from './admission/index.ts';
import { policyFollower } from './admission/policies/policy-status.ts';
import { quotaStore, resourceQuota } from './admission/quota/index.ts';
import { AuditPolicy, Auditor } from './audit/index.ts';
import { buildAuth, FrontProxy, type Auth, type FrontProxyConfig, type ObjectWriter, type AccessWebhookConfig, type OidcConfig, type TokenWebhookConfig, type ResourceChanges, type PodsOfNode } from './auth/index.ts';
import { bootstrapNamespaces, bootstrapOwnService, bootstrapPriorityClasses, ensure, isLoopback } from './bootstrap/bootstrap.ts';
import { firstAddress } from './bootstrap/first-address.ts';
import type { CertificatePair, LiveCertificates, ServingTls } from './certificates/index.ts';
import { DefinitionController } from './custom/definition-controller.ts';
import { definitionStep } from './custom/definition-step.ts';
import { LiveRegistry } from './custom/live-registry.ts';
import { discoveryHandler } from './discovery/handler.ts';
import { indexHandler } from './discovery/index-handler.ts';
import { versionHandler } from './discovery/version.ts';
import { apiService, defaultGrpcLimits, type GrpcFace } from './grpc/index.ts';
import { EncryptedStore, EncryptionController, EncryptionMetrics } from './encryption/index.ts';
import { flowDefaults, wireFlowControl } from './flow-control/index.ts';
import type { FlowConfig, FlowWiring } from './flow-control/index.ts';
import { HttpFace, type FacePorts, type PathHandler } from './http/face.ts';
import { healthHandler } from './http/health.ts';
import { descriptionFile, noSource } from './openapi/description-source.ts';
import { Documents } from './openapi/documents.ts';
import { openApiHandler } from './openapi/handler.ts';
import { Shutdown, shutdownDefaults, StartSteps, warmCaches, type ShutdownConfig } from './lifecycle/index.ts';
import { metricsHandler, RequestMetrics, watchCacheMetrics } from './metrics/index.ts';
import { limits } from './limits.ts';
import { bodyCodec } from './pipeline/codec.ts';
import { OwnWrites } from './pipeline/own-writes.ts';
import { Pipeline } from './pipeline/pipeline.ts';
import type { PipelinePorts, RequestTimeouts } from './pipeline/ports.ts';
import { Presence } from './presence/index.ts';
import { objectReader } from './pipeline/object-reader.ts';
import type { AdmissionStep, ObjectReader } from './pipeline/types.ts';
import { Caches } from './registry/caches.ts';
import { runCompactor } from './registry/compactor.ts';
import { listPrefix } from './registry/keys.ts';
import { ObjectStore } from './registry/object-store.ts';
import { ResourceProxy, type ProxyPorts } from './proxy/index.ts';
import { Renderer } from './render/render.ts';
import { WebhookClient } from './webhooks/index.ts';
import { allocationSteps, defaultServiceCidr, repairAllocations } from './steps/index.ts';
import { grpcNodeConnector, noNodeConnector, streamHandlers, upgradeHandlers, type StreamPorts } from './streams/index.ts';

export interface ApiserverConfig {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** By which the Service `kubernetes` reaches this server. */
  readonly advertiseAddress: string;
  /** The machine's name, for the Lease by which this server is known; its address when absent. */
  readonly hostname?: string;
  readonly tls: { readonly cert: string; readonly key: string; readonly clientCa: string; readonly named?: readonly NamedCertificate[] };
  /** Private P-256 key in PEM. */
  readonly serviceAccountKey: string;
  readonly serviceAccountIssuer: string;
  readonly serviceCidr: string;
  /** Proxies that speak for their callers in headers. */
  readonly frontProxy?: FrontProxyConfig;
  /** Our certificate and key (PEM) for aggregated servers, of the authority of `frontProxy`. */
  readonly proxyClient?: ProxyClientCredentials;
  /** Whose identity tokens are accepted, besides certificates and the cluster's own tokens. */
  readonly oidc?: OidcConfig;
  /** Webhooks that know more tokens, and allow more. */
  readonly tokenWebhook?: TokenWebhookConfig;
  readonly accessWebhook?: AccessWebhookConfig;
  /** Our certificate and key (PEM) for kubelets, which the client CA signs too; without them logs, exec and the like are refused. */
  readonly kubeletClient?: { readonly cert: string; readonly key: string };
  /** What `kubectl explain` says (tools/descriptions.ts). It may be missing, or come later. */
  readonly descriptionsFile?: string;
  /** A policy of audit.k8s.io/v1, in YAML; without it nothing is written down. */
  readonly auditPolicy?: string;
  /** Admission plug-ins besides those that are in force by default, and which of those are not. */
  readonly plugins?: PluginChoice;
  /** An EncryptionConfiguration of apiserver.config.k8s.io/v1, in YAML; without it everything is stored in plain text. */
  readonly encryption?: string;
  readonly httpLimits?: Partial<HttpLimits>;
  /** Priority and fairness; Kubernetes' defaults when absent. */
  readonly flowControl?: FlowConfig;
  readonly timeouts?: Partial<RequestTimeouts>;
  readonly shutdown?: ShutdownConfig;
  /** Of requests over HTTP/2, the share after which their client is sent to look for another server; 0 to 0.02. */
  readonly goAwayChance?: number;
}

export interface ApiserverPorts {
  /** Certificates and keys that are renewed while the server runs; the configuration has what they were first. */
  readonly live?: LiveCertificates;
  /** Where an EncryptionConfiguration is followed while the server runs; `config.encryption` is what it said first. */
  readonly encryptionFile?: LiveFiles<string>;
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Takes the lines of the audit log. */
  readonly writeAudit?: (line: string) => void;
}

export interface Apiserver {
  readonly port: number;
  readonly grpcPort: number;
  readonly pipeline: Pipeline;
  readonly reader: ObjectReader;
  stop(): Promise<void>;
}

/** Starts both faces on one pipeline. Resolves when the cluster's own objects are in place and requests are served. */
export async function start(config: ApiserverConfig, given: ApiserverPorts): Promise<Apiserver> {
  const metrics = new MetricsRegistry();
  const encryption = config.encryption === undefined ? undefined : await encryptionOf(config.encryption, metrics, given);
  const ports = encryption === undefined ? given : { ...given, store: new EncryptedStore(given.store, encryption.encryption) };
  const { store, clock, random, log } = ports;
  const serviceIp = firstAddress(config.serviceCidr);
  const registry = new LiveRegistry(kindRegistry);
  const caches = new Caches({ store, clock, random, log }, registry);
  const objects = new ObjectStore(store, caches, registry, clock);
  const reader = objectReader({ registry, caches, objects });
  const frontProxy = config.frontProxy === undefined ? undefined : new FrontProxy(config.frontProxy, config.tls.clientCa);
  const auth = buildAuth({ serviceAccountKey: config.serviceAccountKey, issuer: config.serviceAccountIssuer, ...(config.oidc === undefined ? {} : { oidc: config.oidc }), ...(frontProxy === undefined ? {} : { frontProxy }), ...(config.tokenWebhook === undefined ? {} : { tokenWebhook: config.tokenWebhook }), ...(config.accessWebhook === undefined ? {} : { accessWebhook: config.accessWebhook }) }, reader, { clock, random, log, changes: changesOf(caches), podsOf: podsOfNode(caches, objects) });
  const streams = streamPorts(config, auth, reader, ports);
  const webhooks = new WebhookClient({ reader, clock, random });
  const aggregator = aggregatorOf(config, { registry, reader, changes: changesOf(caches) }, { caches, objects }, ports);
  const base: PipelinePorts = {
    registry,
    store,
    caches,
    objects,
    renderer: new Renderer(clock),
    codec: bodyCodec(registry),
    clock,
    random,
    log,
    authenticator: auth.authenticator,
    authorizer: auth.authorizer,
    admission: stepsOf(config, auth, reader, { registry, changes: changesOf(caches), webhooks: { client: webhooks, log }, objects, caches }, ports),
    handlers: [...auth.handlers, ...streamHandlers(streams)],
    remote: aggregator.resources,
  };
  const audit = auditOf(config, ports);
  processMetrics(metrics, clock);
  watchCacheMetrics(metrics, caches, registry);
  const timeouts: RequestTimeouts = { requestMs: limits.requestTimeoutMs, watchMinMs: limits.watchTimeoutMinMs, ...config.timeouts };
  const flow = wireFlowControl(config.flowControl ?? flowDefaults, timeouts.requestMs, { registry, caches, metrics, clock, random, log });
  const pipeline = new Pipeline({ ...base, ...audit, gate: flow.gate, timeouts, metrics: new RequestMetrics(metrics, registry, clock) });
  const writes = new OwnWrites(base);
  const definitions = new DefinitionController({ registry, caches, reader, writes, clock, random, log, conversion: { client: webhooks, random } });
  const policies = policyFollower({ registry, reader, writes, changes: changesOf(caches), log });
  const upkeep = flow.upkeep({ reader, writes, changes: changesOf(caches) });
  const life: Life = { steps: new StartSteps(), shutdown: new Shutdown(config.shutdown ?? shutdownDefaults), isWarm: false };
  const ended = new AbortController();
  const { http, grpc } = await listen(config, ports, pipeline, auth, { ...audit, flow, registry, metrics, aggregator, ...(encryption === undefined ? {} : { encryption }), upgrades: upgradeHandlers(streams), proxy: new ResourceProxy(proxyPorts(config, reader, ports)) }, life).catch(async (error: unknown) => {
    auth.stop();
    encryption?.stop();
    await caches.stop();
    throw error;
  });
  const unfollow = followCertificates(ports.live ?? {}, { http, grpc }, auth, frontProxy, log);
  const presence = new Presence({ ip: config.advertiseAddress, port: http.port }, config.hostname ?? config.advertiseAddress, { store, reader, writes, clock, random, log });
  const end = async (): Promise<void> => {
    unfollow();
    await presence.stop();
    ended.abort(new Error('the server is stopping'));
    auth.stop();
    grpc.face.close();
    await Promise.all([aggregator.stop(), definitions.stop(), policies.stop(), upkeep?.stop(), http.stop(), grpc.server.stop(grpcStopMs)]);
    await caches.stop();
    encryption?.stop();
    webhooks.close();
  };
  const { steps } = life;
  try {
    await steps.run('crd-informer-synced', () => definitions.start());
    await steps.run('start-system-namespaces-controller', () => bootstrapNamespaces(reader, writes));
    await steps.run('rbac/bootstrap-roles', () => auth.bootstrap(writerOf(writes)));
    await steps.run('priority-and-fairness-config-producer', () => upkeep?.start());
    await steps.run('scheduling/bootstrap-system-priority-classes', () => bootstrapPriorityClasses(reader, writes));
    await steps.run('kube-apiserver-autoregistration', () => aggregator.start(writes));
    await steps.run('start-kubernetes-service-cidr-controller', () => ensure(reader, writes, 'networking.k8s.io', 'servicecidrs', defaultServiceCidr(config.serviceCidr)));
    await steps.run('start-service-ip-repair-controllers', () => repairAllocations(reader, writes, { clock, random, log }));
    if (isLoopback(config.advertiseAddress)) log.warn('the Service kubernetes gets no endpoints: the advertised address is loopback', { address: config.advertiseAddress });
    await steps.run('bootstrap-controller', async () => {
      await bootstrapOwnService(reader, writes, { port: http.port, serviceIp });
      await presence.start();
    });
    await warmCaches(registry, caches, store, log, ended.signal);
  } catch (error) {
    await end();
    throw new Error('the first objects of the cluster could not be written', { cause: error });
  }
  policies.start();
  life.isWarm = true;
  void runCompactor(store, clock, log, ended.signal);
  const stop = (): Promise<void> =>
    life.shutdown.run({
      clock,
      log,
      lastReplies: () => {
        http.lastReplies();
        grpc.face.notServing();
      },
      leave: () => presence.stop(),
      endWatches: () => caches.endWatches(),
      drain: async (ms) => void (await Promise.all([http.drain(ms), grpc.face.drain(ms)])),
      end,
    });
  return { port: http.port, grpcPort: grpc.server.port, pipeline, reader, stop };
}

/** How far up the server has come, or down. */
interface Life {
  readonly steps: StartSteps;
  readonly shutdown: Shutdown;
  isWarm: boolean;
}

/** How long the streams of the gRPC face may take to end. */
const grpcStopMs = 1_000;
/** Where any port will do, somebody may have the one next to it. */
const freePortAttempts = 10;

interface Faces {
  readonly http: HttpServer;
  readonly grpc: { readonly face: GrpcFace; readonly server: GrpcServer };
}

/** What leads through this server to pods and nodes, and what it serves. */
type Passing = Pick<FacePorts, 'upgrades' | 'proxy' | 'audit'> & { readonly registry: LiveRegistry; readonly metrics: MetricsRegistry; readonly flow: FlowWiring; readonly aggregator: Aggregator; readonly encryption?: EncryptionController };

/** Both faces, the gRPC one on the next port. */
async function listen(config: ApiserverConfig, ports: ApiserverPorts, pipeline: Pipeline, auth: Auth, passing: Passing, life: Life): Promise<Faces> {
  for (let attempt = 1; ; attempt++) {
    const http = await startHttp(config, ports, pipeline, auth, passing, life);
    try {
      return { http, grpc: await startGrpc(config, ports, pipeline, http.port + 1) };
    } catch (error) {
      await http.stop();
      if (config.port !== 0 || attempt === freePortAttempts) throw error;
    }
  }
}

async function startGrpc(config: ApiserverConfig, ports: ApiserverPorts, pipeline: Pipeline, port: number): Promise<{ readonly face: GrpcFace; readonly server: GrpcServer }> {
  const { clock, log } = ports;
  const requestMs = config.timeouts?.requestMs ?? defaultGrpcLimits.requestMs;
  const face = apiService(pipeline, { clock, log, limits: { ...defaultGrpcLimits, requestMs }, authenticate: (caller) => pipeline.authenticate(caller) });
  const server = await serveGrpc({ host: config.host, port, services: face.services, tls: { cert: config.tls.cert, key: config.tls.key, clientCa: config.tls.clientCa }, clock });
  return { face, server };
}

function startHttp(config: ApiserverConfig, ports: ApiserverPorts, pipeline: Pipeline, auth: Auth, { registry, metrics, flow, aggregator, encryption, ...passing }: Passing, life: Life): Promise<HttpServer> {
  const { store, clock, random, log } = ports;
  const { goAwayChance = 0 } = config;
  const health = healthHandler(
    [
      { name: 'ping', check: () => undefined },
      { name: 'etcd', check: async () => void (await store.range('/registry/health', { countOnly: true })) },
      ...(encryption === undefined ? [] : [{ name: 'kms-providers', check: () => encryption.check() }]),
      ...life.steps.checks,
    ],
    [
      {
        name: 'informer-sync',
        check: () => {
          if (!life.isWarm) throw new Error('caches are not filled yet');
        },
      },
      life.shutdown.check,
    ],
    log,
  );
  const descriptions = config.descriptionsFile === undefined ? noSource : descriptionFile(config.descriptionsFile, log);
  const face = new HttpFace({ pipeline, auth, ...passing, remote: aggregator.face, clock, random: ports.random, log, gate: flow.gate, paths: [health, metricsHandler(metrics), ...flow.pages, versionHandler, indexHandler(registry), aggregator.documents, discoveryHandler(registry, () => `${config.advertiseAddress}:${config.port}`, aggregator.others), openApiHandler(new Documents(registry, descriptions, aggregator.openApi)), documentHandler(auth)] });
  return startHttpServer({
    host: config.host,
    port: config.port,
    tls: httpTls({ ...config.tls, ...(config.frontProxy === undefined ? {} : { frontProxyCa: config.frontProxy.ca }) }),
    clock,
    log,
    ...(config.httpLimits === undefined ? {} : { limits: config.httpLimits }),
    ...(goAwayChance === 0 ? {} : { goAway: () => random.next() < goAwayChance }),
    handle: (exchange) => face.handle(exchange),
    upgrade: (upgrade) => face.upgrade(upgrade),
  });
}

async function encryptionOf(text: string, metrics: MetricsRegistry, { clock, random, log, encryptionFile }: ApiserverPorts): Promise<EncryptionController> {
  const controller = new EncryptionController(kindRegistry, { clock, random, log, metrics: new EncryptionMetrics(metrics, clock) });
  await controller.start(text).catch((error: unknown) => {
    throw new Error('--encryption-provider-config cannot be used', { cause: error });
  });
  if (encryptionFile !== undefined) controller.follow(encryptionFile);
  return controller;
}

/** A line that cannot be written is said in the log, and stops nothing. */
function auditOf({ auditPolicy }: ApiserverConfig, { clock, random, log, writeAudit }: ApiserverPorts): { readonly audit?: Auditor } {
  if (auditPolicy === undefined || writeAudit === undefined) return {};
  const write = (line: string): void => {
    try {
      writeAudit(line);
    } catch (error) {
      log.error('the audit log cannot be written', { error: toError(error) });
    }
  };
  return { audit: new Auditor({ policy: AuditPolicy.parse(auditPolicy), clock, random, write }) };
}

function stepsOf(config: ApiserverConfig, auth: Auth, reader: ObjectReader, served: Pick<AdmissionPorts, 'registry' | 'changes' | 'webhooks'> & { readonly objects: ObjectStore; readonly caches: Caches }, ports: ApiserverPorts): AdmissionStep[] {
  const quota = resourceQuota({ store: quotaStore(served), clock: ports.clock, random: ports.random });
  const isInForce = choosePlugins(config.plugins ?? { enable: [], disable: [] });
  const steps = [definitionStep, ...admissionSteps(reader, { ...served, clock: ports.clock, random: ports.random, authorizer: auth.authorizer, escalation: auth.escalation }), ...allocationSteps(config.serviceCidr, reader, ports), quota];
  return steps.filter(({ name }) => isInForce(name));
}

function writerOf(writes: OwnWrites): ObjectWriter {
  return { create: (group, resource, object) => writes.create(group, resource, object), update: (group, resource, object) => writes.update(group, resource, object) };
}

function changesOf(caches: Caches): ResourceChanges {
  const kinds = new Map(kindRegistry.kinds.map((kind) => [`${kind.group}/${kind.plural}`, kind]));
  const kindOf = (group: string, resource: string): KindDefinition => {
    const kind = kinds.get(`${group}/${resource}`);
    if (kind === undefined) throw new Error(`no such kind: ${group}/${resource}`);
    return kind;
  };
  return {
    onChange: (group, resource, listener) => caches.of(kindOf(group, resource)).onChange(listener),
    settled: (group, resource) => {
      const kind = kindOf(group, resource);
      return caches.current(kind) === undefined ? caches.afterOwnWrites(kind).then(() => undefined) : undefined;
    },
  };
}

/** The pods of a node by the index of the watch cache; an entry of it never changes, so it stands for what the pod says. */
function podsOfNode(caches: Caches, objects: ObjectStore): PodsOfNode {
  const kind = kindRegistry.byResource('', 'v1', 'pods');
  if (kind === undefined) throw new Error('no such kind: pods');
  return async (node) => {
    const cache = await caches.afterOwnWrites(kind);
    const { entries } = cache.page({ prefix: listPrefix(cache.kind, ''), fields: (fields) => fields['spec.nodeName'] === node, indexed: node }, 0);
    return entries.map((entry) => ({ identity: entry, read: () => objects.decode<Pod>(kind, entry) }));
  };
}

/** APIServices are read on the way of every request, so they are kept as they were decoded; an entry of the cache never changes. */
function aggregatorOf(config: ApiserverConfig, served: { readonly registry: LiveRegistry; readonly reader: ObjectReader; readonly changes: ResourceChanges }, { caches, objects }: { readonly caches: Caches; readonly objects: ObjectStore }, { clock, random, log, live }: ApiserverPorts): Aggregator {
  const kind = kindRegistry.byResource('apiregistration.k8s.io', 'v1', 'apiservices');
  if (kind === undefined) throw new Error('no such kind: apiservices');
  const source = async (): Promise<{ readonly identity: object; read(): APIService }[]> => {
    const cache = await caches.afterOwnWrites(kind);
    return cache.page({ prefix: listPrefix(cache.kind, '') }, 0).entries.map((entry) => ({ identity: entry, read: () => objects.decode<APIService>(kind, entry) }));
  };
  const { frontProxy, proxyClient, tls } = config;
  return new Aggregator({ clientCa: tls.clientCa, requestMs: config.timeouts?.requestMs ?? limits.requestTimeoutMs, ...(live === undefined ? {} : { live }), ...(frontProxy === undefined ? {} : { frontProxy }), ...(proxyClient === undefined ? {} : { proxyClient }) }, { ...served, source, clock, random, log });
}

/** The HTTP face alone believes proxies: they do not speak to the gRPC face. */
function httpTls({ frontProxyCa, ...tls }: ServingTls): HttpTls {
  return frontProxyCa === undefined ? tls : { ...tls, clientCa: `${tls.clientCa}\n${frontProxyCa}` };
}

/** Takes renewed certificates and keys; what does not fit together changes nothing. Returns how to stop that. */
function followCertificates({ serving, serviceAccountKey }: LiveCertificates, { http, grpc }: Faces, auth: Auth, frontProxy: FrontProxy | undefined, log: Log): () => void {
  const take = <T>(live: Live<T> | undefined, use: (value: T) => void): (() => void) =>
    live?.onChange((value) => {
      try {
        use(value);
      } catch (error) {
        log.error('renewed certificates or keys cannot be used: those from before stay', { error: toError(error).message });
      }
    }) ?? (() => undefined);
  const stops = [
    take(serving, (tls) => {
      if (tls.frontProxyCa !== undefined) frontProxy?.setAuthorities(tls.frontProxyCa, tls.clientCa);
      http.setTls(httpTls(tls));
      grpc.server.setTls(tls);
    }),
    take(serviceAccountKey, (pem) => auth.setServiceAccountKey(pem)),
  ];
  return () => stops.forEach((stop) => stop());
}

/** Our certificate for kubelets and the authority of theirs, as they are at the moment. */
function kubeletCredentials({ tls, kubeletClient }: ApiserverConfig, { live }: ApiserverPorts): (() => CertificatePair & { readonly ca: string }) | undefined {
  if (kubeletClient === undefined) return undefined;
  return () => ({ ca: live?.serving?.current.clientCa ?? tls.clientCa, ...(live?.kubeletClient?.current ?? kubeletClient) });
}

/** How logs, exec and the like reach the kubelets. */
function streamPorts(config: ApiserverConfig, auth: Auth, reader: ObjectReader, ports: ApiserverPorts): StreamPorts {
  const { clock, log } = ports;
  const credentials = kubeletCredentials(config, ports);
  const connect = credentials === undefined ? noNodeConnector : grpcNodeConnector(credentials, clock);
  return { reader, connect, authorizer: auth.authorizer, clock, log };
}

function proxyPorts(config: ApiserverConfig, reader: ObjectReader, ports: ApiserverPorts): ProxyPorts {
  const { clock, random } = ports;
  const kubelet = kubeletCredentials(config, ports);
  return { reader, clock, random, ...(kubelet === undefined ? {} : { kubelet }) };
}

function documentHandler(auth: Auth): PathHandler {
  return async (exchange) => {
    const document = auth.documents.get(exchange.path);
    if (document === undefined) return false;
    await exchange.send(200, { 'content-type': document.contentType }, Buffer.from(document.body));
    return true;
  };
}

import { kindRegistry } from '@rhythm/api';
import { MetricsRegistry, processMetrics } from '@rhythm/telemetry';
import { policyFollower } from './admission/policies/policy-status.ts';
import { buildAuth, FrontProxy, type AuthConfig } from './auth/index.ts';
import { YamlReader } from './bodies/index.ts';
import type { Apiserver, ApiserverConfig, ApiserverPorts } from './config.ts';
import { DefinitionController } from './custom/definition-controller.ts';
import { LiveRegistry } from './custom/live-registry.ts';
import { EncryptedStore } from './encryption/index.ts';
import { flowDefaults, wireFlowControl } from './flow-control/index.ts';
import { Shutdown, shutdownDefaults, StartSteps, warmCaches } from './lifecycle/index.ts';
import { limits } from './limits.ts';
import { RequestMetrics, watchCacheMetrics } from './metrics/index.ts';
import { countReloads, ServerIdentity } from './reloads/index.ts';
import { bodyCodec } from './pipeline/codec.ts';
import { objectReader } from './pipeline/object-reader.ts';
import { OwnWrites } from './pipeline/own-writes.ts';
import { Pipeline } from './pipeline/pipeline.ts';
import type { PipelinePorts, RequestTimeouts } from './pipeline/ports.ts';
import { Presence } from './presence/index.ts';
import { ResourceProxy } from './proxy/index.ts';
import { Caches } from './registry/caches.ts';
import { runCompactor } from './registry/compactor.ts';
import { ObjectStore } from './registry/object-store.ts';
import { Renderer } from './render/render.ts';
import { streamHandlers, upgradeHandlers } from './streams/index.ts';
import { WebhookClient } from './webhooks/index.ts';
import { stepsOf } from './wiring/admission.ts';
import { aggregatorOf } from './wiring/aggregator.ts';
import { apiServicesOf, changesOf, podsOfNode } from './wiring/cached.ts';
import { encryptionOf } from './wiring/encrypted.ts';
import { listen } from './wiring/faces.ts';
import { writeFirstObjects } from './wiring/first-objects.ts';
import { followCertificates } from './wiring/follow-certificates.ts';
import { proxyPorts, streamPorts } from './wiring/kubelets.ts';
import type { Life } from './wiring/life.ts';
import { auditOf } from './wiring/recording.ts';

export type { Apiserver, ApiserverConfig, ApiserverPorts } from './config.ts';

/** How long the streams of the gRPC face may take to end. */
const grpcStopMs = 1_000;

/** Starts both faces on one pipeline. Resolves when the cluster's own objects are in place and requests are served. */
export async function start(config: ApiserverConfig, given: ApiserverPorts): Promise<Apiserver> {
  const metrics = new MetricsRegistry();
  const identity = new ServerIdentity();
  const encryption = config.encryption === undefined ? undefined : await encryptionOf(config.encryption, metrics, identity, given);
  const ports = encryption === undefined ? given : { ...given, store: new EncryptedStore(given.store, encryption.encryption) };
  const { store, clock, random, log } = ports;
  const registry = new LiveRegistry(kindRegistry);
  const caches = new Caches({ store, clock, random, log }, registry);
  const objects = new ObjectStore(store, caches, registry, clock);
  const reader = objectReader({ registry, caches, objects });
  const frontProxy = config.frontProxy === undefined ? undefined : new FrontProxy(config.frontProxy, config.tls.clientCa);
  const changes = changesOf(caches);
  const auth = buildAuth(authConfigOf(config, ports, frontProxy), reader, { clock, random, log, changes, podsOf: podsOfNode(caches, objects) });
  const streams = streamPorts(config, auth, reader, ports);
  const webhooks = new WebhookClient({ reader, clock, random });
  const aggregator = aggregatorOf(config, { registry, reader, changes, source: apiServicesOf(caches, objects), metrics }, ports);
  const renderer = new Renderer(clock);
  const yaml = new YamlReader(clock);
  const base: PipelinePorts = {
    registry,
    store,
    caches,
    objects,
    renderer,
    codec: bodyCodec(registry),
    yaml,
    clock,
    random,
    log,
    authenticator: auth.authenticator,
    authorizer: auth.authorizer,
    admission: stepsOf(config, auth, reader, { registry, changes, webhooks: { client: webhooks, log }, objects, caches }, ports),
    handlers: [...auth.handlers, ...streamHandlers(streams)],
    remote: aggregator.resources,
  };
  const audit = auditOf(config, ports);
  processMetrics(metrics, clock);
  countReloads(metrics, identity, ports);
  watchCacheMetrics(metrics, caches, registry);
  const timeouts: RequestTimeouts = { requestMs: limits.requestTimeoutMs, watchMinMs: limits.watchTimeoutMinMs, ...config.timeouts };
  const flow = wireFlowControl(config.flowControl ?? flowDefaults, timeouts.requestMs, { registry, caches, metrics, clock, random, log });
  const pipeline = new Pipeline({ ...base, ...audit, gate: flow.gate, timeouts, metrics: new RequestMetrics(metrics, registry, clock) });
  const writes = new OwnWrites(base);
  const definitions = new DefinitionController({ registry, caches, reader, writes, clock, random, log, conversion: { client: webhooks, random } });
  const policies = policyFollower({ registry, reader, writes, changes, log });
  const upkeep = flow.upkeep({ reader, writes, changes });
  const ended = new AbortController();
  const life: Life = { steps: new StartSteps({ clock, random, log, signal: ended.signal }), shutdown: new Shutdown(config.shutdown ?? shutdownDefaults), isWarm: false };
  const { http, grpc } = await listen(config, ports, pipeline, auth, { ...audit, flow, registry, metrics, aggregator, ...(encryption === undefined ? {} : { encryption }), upgrades: upgradeHandlers(streams), proxy: new ResourceProxy(proxyPorts(config, reader, ports)) }, life).catch(async (error: unknown) => {
    auth.stop();
    encryption?.stop();
    await caches.stop();
    throw error;
  });
  const unfollow = followCertificates(ports.live ?? {}, { http, grpc }, auth, frontProxy, log);
  const presence = new Presence({ ip: config.advertiseAddress, port: http.port }, config.hostname ?? config.advertiseAddress, { store, reader, writes, clock, random, log, encryptionHash: () => encryption?.hash ?? '' });
  identity.set(presence.identity.name);
  const end = async (): Promise<void> => {
    unfollow();
    await presence.stop();
    ended.abort(new Error('the server is stopping'));
    auth.stop();
    grpc.face.close();
    await Promise.all([aggregator.stop(), definitions.stop(), policies.stop(), upkeep?.stop(), http.stop(), grpc.server.stop(grpcStopMs)]);
    await caches.stop();
    renderer.stop();
    encryption?.stop();
    webhooks.close();
    await yaml.stop();
  };
  try {
    await writeFirstObjects(config, ports, life, http.port, { reader, writes, definitions, auth, upkeep, aggregator, presence });
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

function authConfigOf({ serviceAccountKey, serviceAccountIssuer, oidc, tokenWebhook, accessWebhook }: ApiserverConfig, { authentication, authorization }: ApiserverPorts, frontProxy: FrontProxy | undefined): AuthConfig {
  return {
    serviceAccountKey,
    issuer: serviceAccountIssuer,
    ...(oidc === undefined ? {} : { oidc }),
    ...(authentication === undefined ? {} : { authentication }),
    ...(authorization === undefined ? {} : { authorization }),
    ...(frontProxy === undefined ? {} : { frontProxy }),
    ...(tokenWebhook === undefined ? {} : { tokenWebhook }),
    ...(accessWebhook === undefined ? {} : { accessWebhook }),
  };
}

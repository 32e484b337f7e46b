import { serveGrpc, type GrpcServer } from '@rhythm/grpc';
import { NamedContexts, startHttpServer, type HttpServer, type HttpTls } from '@rhythm/http';
import type { MetricsRegistry } from '@rhythm/telemetry';
import type { Aggregator } from '../aggregation/index.ts';
import type { Auth } from '../auth/index.ts';
import type { ServingTls } from '../certificates/index.ts';
import type { ApiserverConfig, ApiserverPorts } from '../config.ts';
import type { LiveRegistry } from '../custom/live-registry.ts';
import { discoveryHandler } from '../discovery/handler.ts';
import { indexHandler } from '../discovery/index-handler.ts';
import { versionHandler } from '../discovery/version.ts';
import type { EncryptionController } from '../encryption/index.ts';
import type { FlowWiring } from '../flow-control/index.ts';
import { apiService, defaultGrpcLimits, type GrpcFace } from '../grpc/index.ts';
import { limits } from '../limits.ts';
import { HttpFace, type FacePorts } from '../http/face.ts';
import type { PathHandler } from '../ports/handlers.ts';
import { metricsHandler } from '../metrics/index.ts';
import { descriptionFile, noSource } from '../openapi/description-source.ts';
import { Documents } from '../openapi/documents.ts';
import { openApiHandler } from '../openapi/handler.ts';
import type { Pipeline } from '../pipeline/pipeline.ts';
import { healthOf } from './health.ts';
import type { Life } from './life.ts';

/** Where any port will do, somebody may have the one next to it. */
const freePortAttempts = 10;

export interface Faces {
  readonly http: HttpServer;
  readonly grpc: Grpc;
}

interface Grpc {
  readonly face: GrpcFace;
  readonly server: GrpcServer;
  /** New certificates for connections to come. @throws when a key and its certificate do not belong together. */
  setTls(tls: ServingTls): void;
}

/** What leads through this server to pods and nodes, and what it serves. */
type Passing = Pick<FacePorts, 'upgrades' | 'proxy' | 'audit'> & { readonly registry: LiveRegistry; readonly metrics: MetricsRegistry; readonly flow: FlowWiring; readonly aggregator: Aggregator; readonly encryption?: EncryptionController };

/** Both faces, the gRPC one on the next port. */
export async function listen(config: ApiserverConfig, ports: ApiserverPorts, pipeline: Pipeline, auth: Auth, passing: Passing, life: Life): Promise<Faces> {
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

async function startGrpc(config: ApiserverConfig, ports: ApiserverPorts, pipeline: Pipeline, port: number): Promise<Grpc> {
  const { clock, log } = ports;
  const requestMs = config.timeouts?.requestMs ?? defaultGrpcLimits.requestMs;
  const face = apiService(pipeline, { clock, log, limits: { ...defaultGrpcLimits, requestMs }, authenticate: (caller) => pipeline.authenticate(caller) });
  const { cert, key, clientCa } = config.tls;
  const named = new NamedContexts(config.tls, 'TLSv1.3');
  const server = await serveGrpc({ host: config.host, port, services: face.services, tls: { cert, key, clientCa, sni: (name) => named.find(name) }, clock });
  return {
    face,
    server,
    setTls: (tls) => {
      named.set(tls);
      server.setTls(tls);
    },
  };
}

function startHttp(config: ApiserverConfig, ports: ApiserverPorts, pipeline: Pipeline, auth: Auth, { registry, metrics, flow, aggregator, encryption, ...passing }: Passing, life: Life): Promise<HttpServer> {
  const { clock, random, log } = ports;
  const { goAwayChance = 0 } = config;
  const health = healthOf(life, ports, encryption);
  const descriptions = config.descriptionsFile === undefined ? noSource : descriptionFile(config.descriptionsFile, log);
  const face = new HttpFace({ pipeline, auth, ...passing, remote: aggregator.face, clock, random: ports.random, log, gate: flow.gate, requestMs: config.timeouts?.requestMs ?? limits.requestTimeoutMs, paths: [health, metricsHandler(metrics), ...flow.pages, versionHandler, indexHandler(registry), aggregator.documents, discoveryHandler(registry, () => `${config.advertiseAddress}:${config.port}`, aggregator.others), openApiHandler(new Documents(registry, descriptions, clock, aggregator.openApi), clock), documentHandler(auth)] });
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

/** The HTTP face alone believes proxies: they do not speak to the gRPC face. */
export function httpTls({ frontProxyCa, ...tls }: ServingTls): HttpTls {
  return frontProxyCa === undefined ? tls : { ...tls, clientCa: `${tls.clientCa}\n${frontProxyCa}` };
}

function documentHandler(auth: Auth): PathHandler {
  return async (exchange) => {
    const document = auth.documents.get(exchange.path);
    if (document === undefined) return false;
    await exchange.send(200, { 'content-type': document.contentType }, Buffer.from(document.body));
    return true;
  };
}

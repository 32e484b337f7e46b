import { kindRegistry } from '@rhythm/api';
import type { Clock, Log, Random } from '@rhythm/base';
import { startHttpServer, type HttpExchange } from '@rhythm/http';
import type { Store } from '@rhythm/store-client';
import { discoveryHandler } from '../discovery/handler.ts';
import { versionHandler } from '../discovery/version.ts';
import type { PathHandler } from '../ports/handlers.ts';
import { noSource } from '../openapi/description-source.ts';
import { Documents } from '../openapi/documents.ts';
import { openApiHandler } from '../openapi/handler.ts';
import { parseResourcePath, verbOf, type ResourcePath } from '../ports/path.ts';
import { PlainObjects, type Plain, type PlainReply } from './plain-objects.ts';

export interface PlainConfig {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly tls: { readonly cert: string; readonly key: string; readonly clientCa: string };
}

const user = { name: 'anybody', uid: '', groups: [], extra: {} };

/** For tests: discovery as usual, and documents without semantics. Whoever has a certificate may do everything. */
export async function startPlain(config: PlainConfig, ports: { readonly store: Store; readonly clock: Clock; readonly random: Random; readonly log: Log }): Promise<{ readonly port: number; stop(): Promise<void> }> {
  const objects = new PlainObjects(ports);
  const paths: readonly PathHandler[] = [versionHandler, discoveryHandler(kindRegistry, () => `${config.host}:${config.port}`), openApiHandler(new Documents(kindRegistry, noSource, ports.clock), ports.clock)];
  return startHttpServer({
    ...config,
    clock: ports.clock,
    log: ports.log,
    handle: async (exchange) => {
      if (exchange.peer === undefined) return reply(exchange, 401, { kind: 'Status', apiVersion: 'v1', status: 'Failure', code: 401 });
      const path = parseResourcePath(exchange.path);
      if (path !== undefined) return serve(objects, exchange, path);
      for (const handler of paths) if (await handler(exchange, user)) return;
      await reply(exchange, 200, {});
    },
  });
}

async function serve(objects: PlainObjects, exchange: HttpExchange, path: ResourcePath): Promise<void> {
  const verb = verbOf(exchange.method, path, ['1', 'true'].includes(exchange.query.get('watch') ?? ''));
  if (verb === 'watch') return watch(objects, exchange, path);
  const body = await bodyOf(exchange);
  if (body === undefined) return reply(exchange, 415, { kind: 'Status', apiVersion: 'v1', status: 'Failure', code: 415 });
  const { code, body: answer } = await answerOf(objects, verb, path, body);
  await reply(exchange, code, answer);
}

function answerOf(objects: PlainObjects, verb: string, path: ResourcePath, body: Plain): Promise<PlainReply> {
  switch (verb) {
    case 'create':
      return objects.create(path, body);
    case 'update':
      return objects.replace(path, body);
    case 'patch':
      return objects.patch(path, body);
    case 'delete':
      return objects.remove(path);
    case 'deletecollection':
      return objects.removeAll(path);
    case 'list':
      return objects.list(path);
    default:
      return objects.get(path);
  }
}

async function watch(objects: PlainObjects, exchange: HttpExchange, path: ResourcePath): Promise<void> {
  const stream = exchange.begin(200, { 'content-type': 'application/json' });
  for await (const event of objects.watch(path, Number(exchange.query.get('resourceVersion') ?? 0), exchange.signal)) await stream.write(Buffer.from(`${JSON.stringify(event)}\n`));
  await stream.end();
}

/** `undefined`: it is no JSON. */
async function bodyOf(exchange: HttpExchange): Promise<Plain | undefined> {
  if (exchange.method === 'GET' || exchange.method === 'HEAD') return {} as Plain;
  const text = Buffer.from(await exchange.readBody()).toString();
  try {
    return (text === '' ? {} : JSON.parse(text)) as Plain;
  } catch {
    return undefined;
  }
}

function reply(exchange: HttpExchange, code: number, body: object): Promise<void> {
  return exchange.send(code, { 'content-type': 'application/json' }, Buffer.from(JSON.stringify(body)));
}

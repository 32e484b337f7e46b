import { Agent, request as httpsRequest, type RequestOptions } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { bytesOf, pairsOf, partsOf, readable, type Case, type Outcome } from './case.ts';
import type { Face, Identity, Resolved } from './face.ts';

const methods: Readonly<Record<Case['verb'], string>> = { get: 'GET', list: 'GET', watch: 'GET', create: 'POST', update: 'PUT', patch: 'PATCH', delete: 'DELETE', deletecollection: 'DELETE' };

/** Cases as HTTP requests, over HTTP/1.1. */
export function httpFace(port: number, ca: string, identities: Readonly<Record<string, Identity>>): Face {
  const agents = new Map<string, Agent>();
  return {
    name: 'HTTP',
    async send(one) {
      const identity = identities[one.as ?? 'admin'] ?? {};
      const agent = agents.get(one.as ?? 'admin') ?? new Agent({ keepAlive: true, ca, ...(identity.cert === undefined ? {} : { cert: identity.cert, key: identity.key }) });
      agents.set(one.as ?? 'admin', agent);
      const options: RequestOptions = { host: '127.0.0.1', port, agent, method: methods[one.verb], path: pathOf(one), headers: { ...headersOf(one, identity), 'content-length': String(bytesOf(one.body).length) } };
      const message = await new Promise<IncomingMessage>((resolve, reject) => {
        const sent = httpsRequest(options, resolve);
        sent.on('error', reject);
        sent.end(bytesOf(one.body));
      });
      return outcomeOf(one, message);
    },
    close() {
      for (const agent of agents.values()) agent.destroy();
      return Promise.resolve();
    },
  };
}

function pathOf(one: Resolved): string {
  const { group, version, namespace, resource, name, subresource } = partsOf(one.path);
  const parts = [...(group === '' ? ['api', version] : ['apis', group, version]), ...(namespace === '' ? [] : ['namespaces', namespace]), resource, name, subresource];
  const query = new URLSearchParams([...(one.verb === 'watch' ? [['watch', 'true'] as [string, string]] : []), ...pairsOf(one.query)]).toString();
  return `/${parts.filter((part) => part !== '').map(encodeURIComponent).join('/')}${query === '' ? '' : `?${query}`}`;
}

function headersOf(one: Resolved, identity: Identity): Record<string, string | string[]> {
  return {
    'user-agent': 'faces/1.0',
    accept: one.accept ?? 'application/json',
    ...(one.body === undefined ? {} : { 'content-type': one.contentType ?? 'application/json' }),
    ...(identity.token === undefined ? {} : { authorization: `Bearer ${identity.token}` }),
    ...Object.fromEntries(Object.entries(one.headers ?? {}).map(([name, value]) => [name, typeof value === 'string' ? value : [...value]])),
  };
}

async function outcomeOf(one: Resolved, message: IncomingMessage): Promise<Outcome> {
  const contentType = message.headers['content-type'] ?? '';
  const head = { code: message.statusCode ?? 0, contentType, warnings: warningsOf(message) };
  const chunks: Buffer[] = [];
  for await (const chunk of message as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    const lines = Buffer.concat(chunks).toString().split('\n').slice(0, -1);
    if (one.verb !== 'watch' || head.code !== 200 || lines.length < (one.events ?? Infinity)) continue;
    message.destroy();
    return { ...head, body: lines.slice(0, one.events).map((line) => JSON.parse(line) as unknown) };
  }
  const bytes = Buffer.concat(chunks);
  if (one.verb !== 'watch' || head.code !== 200) return { ...head, body: readable(bytes, contentType) };
  return { ...head, body: bytes.toString().split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as unknown) };
}

/** The texts of `Warning: 299 - "text"`. */
function warningsOf(message: IncomingMessage): string[] {
  const values = message.rawHeaders.flatMap((name, at, all) => (at % 2 === 0 && name.toLowerCase() === 'warning' ? [all[at + 1] ?? ''] : []));
  return values.map((value) => value.replace(/^299 - "(.*)"$/, '$1').replace(/\\(.)/g, '$1'));
}

import { createSigningKey } from '@rhythm/pki';
import { connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { maps, users, type BadInput } from './bad-input.ts';
import { bodies } from './cases/bodies.ts';
import { callers, forgedTokens } from './cases/callers.ts';
import { changes } from './cases/changes.ts';
import { fields } from './cases/fields.ts';
import { metadata } from './cases/metadata.ts';
import { present } from './cases/objects.ts';
import { options, paths } from './cases/options.ts';
import { startServer, type Reply, type Server } from './server.ts';
import type { StoreState } from './store-changes.ts';

/** `RHYTHM_LONG=1`: as many as the issue asks for. */
const floodSize = process.env['RHYTHM_LONG'] === '1' ? 10_000 : 2_000;
/** What so many may add: the garbage collector moves by some tens of MB on its own, and a leak of 5 KB each would show. */
const growthBytesMax = 48 * 1024 * 1024;
/** Larger ones once are enough. */
const floodBodyBytesMax = 64 * 1024;

let server: Server;
let before: StoreState;
let slow: Promise<string>[];

beforeAll(async () => {
  server = await startServer(users);
  for (const [path, object] of present) await made(path, object);
  await server.ask({ method: 'PUT', path: '/api/v1/namespaces/going/finalize', headers: json, body: JSON.stringify({ kind: 'Namespace', apiVersion: 'v1', metadata: { name: 'going' }, spec: { finalizers: ['example.com/stay'] } }) });
  await server.ask({ method: 'DELETE', path: '/api/v1/namespaces/going' });
  slow = slowClients.map(([, text]) => raw(text));
  // Each of these writes was acknowledged; by itself the server writes nothing that counts.
  before = await server.storeState();
});
afterAll(() => server.stop());

const json = { 'content-type': 'application/json' };

async function made(path: string, object: object): Promise<void> {
  const reply = await server.ask({ method: 'POST', path, headers: json, body: JSON.stringify(object) });
  if (reply.status !== 201) throw new Error(`${path}: ${reply.status} ${reply.text}`);
}

function send(row: BadInput): Promise<Reply> {
  const { method, path, as, headers, body } = row;
  const text = body === undefined || typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body);
  return server.ask({ method, path, headers: { ...json, ...headers }, ...(as === undefined ? {} : { as }), ...(text === undefined ? {} : { body: text }) });
}

interface Status {
  readonly kind: string;
  readonly status: string;
  readonly reason?: string;
  readonly message: string;
  readonly code: number;
  readonly details?: { readonly causes?: ReadonlyArray<{ readonly reason?: string; readonly field?: string }> };
}

function check(row: BadInput, reply: Reply): void {
  expect(reply.status, reply.text.slice(0, 2_000)).toBe(row.status);
  if (row.reason === undefined) return;
  const status = JSON.parse(reply.text) as Status;
  expect(status).toMatchObject({ kind: 'Status', status: 'Failure', reason: row.reason, code: row.status });
  if (row.says !== undefined) expect(status.message).toContain(row.says);
  const causes = status.details?.causes ?? [];
  if (row.field !== undefined) expect(causes.map((cause) => cause.field ?? '')).toContain(row.field);
  if (row.cause !== undefined) expect(causes.filter((cause) => row.field === undefined || cause.field === row.field).map((cause) => cause.reason)).toContain(row.cause);
  // What went wrong inside is nobody's business outside.
  expect(reply.text).not.toMatch(/at .*\.m?[jt]s:\d+|BEGIN .*PRIVATE KEY|node_modules/);
}

async function refuses(row: BadInput): Promise<void> {
  const reply = await send(row);
  const was = before;
  // Whoever comes next is not to blame.
  before = await server.storeState();
  check(row, reply);
  expect(before).toEqual(was);
}

const tables: Readonly<Record<string, readonly BadInput[]>> = { bodies, metadata, fields, changes, options, paths, callers };

describe.each(Object.entries(tables))('%s', (_name, rows) => {
  test.each(rows.map((row) => [row.name, row] as const))('%s', (_row, row) => refuses(row));
});

test('tokens that are forged, expired or not for us', async () => {
  const account = JSON.parse((await server.ask({ method: 'GET', path: '/api/v1/namespaces/default/serviceaccounts/default' })).text) as { metadata: { uid: string } };
  const rows = forgedTokens(server, account.metadata, (await createSigningKey()).privatePem);
  for (const row of rows) check(row, await send(row));
  expect(await server.storeState()).toEqual(before);
});

const head = 'Host: localhost\r\n';
const slowClients: ReadonlyArray<readonly [name: string, text: string]> = [
  ['says nothing', ''],
  ['never ends its headers', `GET /livez HTTP/1.1\r\n${head}X-Slow: `],
  ['never ends its request line', 'GET /livez'],
];

const brokenRequests: ReadonlyArray<readonly [name: string, text: string]> = [
  ['a length and chunks', `POST /livez HTTP/1.1\r\n${head}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /livez HTTP/1.1\r\n${head}\r\n`],
  ['two lengths', `POST /livez HTTP/1.1\r\n${head}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`],
  ['a negative length', `POST /livez HTTP/1.1\r\n${head}Content-Length: -1\r\n\r\n`],
  ['a coding nobody knows', `POST /livez HTTP/1.1\r\n${head}Transfer-Encoding: xchunked\r\n\r\n`],
  ['a chunk of no size', `POST ${maps} HTTP/1.1\r\n${head}Transfer-Encoding: chunked\r\n\r\nzz\r\n`],
  ['a folded header', `GET /livez HTTP/1.1\r\n${head}A: b\r\n c\r\n\r\n`],
  ['a zero byte in a header', `GET /livez HTTP/1.1\r\n${head}A: b\0c\r\n\r\n`],
  ['a space before the colon', `GET /livez HTTP/1.1\r\n${head}A : b\r\n\r\n`],
  ['no HTTP at all', '\x16\x03\x01 hello\r\n\r\n'],
  ['HTTP/9.9', `GET /livez HTTP/9.9\r\n${head}\r\n`],
];

/** All that comes back for these bytes until the server ends the connection. */
function raw(text: string): Promise<string> {
  return new Promise((done) => {
    const socket = connect({ host: '127.0.0.1', port: server.port, ca: server.ca, ALPNProtocols: ['http/1.1'] }, () => socket.write(text));
    let answer = '';
    socket.on('data', (data) => (answer += data.toString()));
    socket.on('close', () => done(answer));
    socket.on('error', () => undefined);
  });
}

describe('connections', () => {
  test.each(brokenRequests)('%s is no request, and ends the connection', async (_name, text) => {
    expect(await raw(text)).not.toContain(' 200 ');
    expect((await server.ask({ method: 'GET', path: '/livez' })).text).toBe('ok');
  });

  test('the rest of a body that is not wanted is no second request', async () => {
    const second = `DELETE ${maps}/mine HTTP/1.1\r\n${head}\r\n`;
    const answer = await raw(`POST ${maps} HTTP/1.1\r\n${head}Content-Length: ${second.length}\r\nConnection: close\r\n\r\n${second}`);
    expect(answer.match(/HTTP\/1\.1 /g)).toHaveLength(1);
    expect(answer).toMatch(/^HTTP\/1\.1 401 /);
  });

  test('two hundred connections that break off in the middle of a body', async () => {
    const text = `POST ${maps} HTTP/1.1\r\n${head}Content-Length: 1000\r\n\r\n{"kind"`;
    for (let round = 0; round < 20; round++) {
      await Promise.all(
        Array.from({ length: 10 }, () => new Promise<void>((done) => {
          const socket = connect({ host: '127.0.0.1', port: server.port, ca: server.ca, ALPNProtocols: ['http/1.1'] }, () => socket.write(text, () => socket.destroy()));
          socket.on('error', () => undefined);
          socket.on('close', () => done());
        })),
      );
    }
    expect((await server.ask({ method: 'GET', path: '/livez' })).text).toBe('ok');
    expect(await server.storeState()).toEqual(before);
  });

  test('clients that stop half-way are cut off', async () => {
    for (const answer of await Promise.all(slow)) expect(answer).not.toContain(' 200 ');
  });
});

describe('garbage without end', () => {
  const rows = Object.values(tables).flat().filter((row) => sizeOf(row) < floodBodyBytesMax && row.status !== 431);

  async function flood(count: number): Promise<void> {
    let next = 0;
    const work = async (): Promise<void> => {
      for (let at = next++; at < count; at = next++) {
        const row = rows[at % rows.length];
        if (row !== undefined) expect((await send(row)).status, row.name).toBe(row.status);
      }
    };
    await Promise.all(Array.from({ length: 8 }, work));
  }

  test(`memory does not grow over ${floodSize} bad requests`, async () => {
    await flood(rows.length * 4);
    const first = await lowestMemory();
    await flood(floodSize);
    const growth = (await lowestMemory(first + growthBytesMax)) - first;
    console.info(`${floodSize} bad requests: ${Math.round(first / 1024 / 1024)} MB before, ${Math.round(growth / 1024 / 1024)} MB more after`);
    expect(growth).toBeLessThan(growthBytesMax);
    expect(await server.storeState()).toEqual(before);
  }, 900_000);

  test('the log holds no credential, and no line that a client wrote', () => {
    const lines = server.log().trim().split('\n');
    for (const line of lines) expect(() => JSON.parse(line) as unknown, line).not.toThrow();
    expect(server.log()).not.toMatch(/eyJ[\w-]{20,}|Basic [A-Za-z0-9+/=]{8,}|PRIVATE KEY/);
  });
});

function sizeOf({ body }: BadInput): number {
  if (body === undefined) return 0;
  return typeof body === 'string' || body instanceof Uint8Array ? body.length : JSON.stringify(body).length;
}

/**
 * The least of several looks, while the server has time to clean up: two seconds, and up to three minutes more until it is below `enough`. It gives
 * back seldom: after a collection that took a third of a second, the next one comes a minute later.
 */
async function lowestMemory(enough = Infinity): Promise<number> {
  let lowest = Infinity;
  for (let look = 0; look < 10 || (look < 900 && lowest >= enough); look++) {
    await new Promise((done) => setTimeout(done, 200));
    lowest = Math.min(lowest, server.memory());
  }
  return lowest;
}

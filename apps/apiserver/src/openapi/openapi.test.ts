import { kindRegistry, openApiV2Accept, openApiV2ContentType, type DescriptionFile } from '@rhythm/api';
import { silentLog, systemClock, type Log } from '@rhythm/base';
import type { HttpExchange, ReplyHeaders } from '@rhythm/http';
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { descriptionFile, noSource, type DescriptionSource } from './description-source.ts';
import { Documents } from './documents.ts';
import { openApiHandler } from './handler.ts';

interface Reply {
  readonly status: number;
  readonly headers: ReplyHeaders;
  readonly body: Uint8Array;
}

type Handler = ReturnType<typeof openApiHandler>;

const handlerOf = (source: DescriptionSource): Handler => openApiHandler(new Documents(kindRegistry, source, systemClock), systemClock);
const handler = handlerOf(noSource);

/** A GET; `undefined` when the handler leaves it to others. */
async function get(target: string, headers: Readonly<Record<string, string>> = {}, by: Handler = handler): Promise<Reply | undefined> {
  const [path = '', query = ''] = target.split('?');
  let reply: Reply | undefined;
  const exchange = {
    method: 'GET',
    path,
    query: new URLSearchParams(query),
    header: (name: string) => headers[name],
    send: (status: number, sent: ReplyHeaders, body: Uint8Array) => {
      reply = { status, headers: sent, body };
      return Promise.resolve();
    },
    begin: (status: number, sent: ReplyHeaders) => {
      const pieces: Uint8Array[] = [];
      return {
        writeAll: async (slices: readonly Uint8Array[]) => void pieces.push(...slices),
        end: async () => void (reply = { status, headers: sent, body: Buffer.concat(pieces) }),
      };
    },
  } as unknown as HttpExchange;
  await by(exchange, { name: 'tester', groups: [] });
  return reply;
}

async function json<T>(target: string, by: Handler = handler): Promise<T> {
  return JSON.parse(Buffer.from((await get(target, {}, by))?.body ?? []).toString()) as T;
}

interface Index {
  readonly paths: Readonly<Record<string, { readonly serverRelativeURL: string }>>;
}

interface Described {
  readonly components: { readonly schemas: Readonly<Record<string, { readonly description?: string; readonly properties: Readonly<Record<string, { readonly description?: string }>> }>> };
}

describe('OpenAPI over HTTP', () => {
  it('answers a tag that is still good with 304, and others with the document', async () => {
    for (const path of ['/openapi/v2', '/openapi/v3', '/openapi/v3/apis/apps/v1']) {
      const etag = (await get(path))?.headers['etag'] as string;
      expect(etag).toMatch(/^"[0-9A-F]{64}"$/);
      for (const good of [etag, `W/${etag}`, `"x", ${etag}`, '*']) {
        const reply = await get(path, { 'if-none-match': good });
        expect([reply?.status, reply?.body.length, reply?.headers['etag']]).toEqual([304, 0, etag]);
      }
      for (const other of ['"x"', etag.slice(1, -1)]) expect((await get(path, { 'if-none-match': other }))?.status).toBe(200);
    }
  });

  it('lets documents be kept for ever under their hash, and sends an old hash to the present one', async () => {
    const url = (await json<Index>('/openapi/v3')).paths['apis/batch/v1']?.serverRelativeURL ?? '';
    expect((await get(url))?.headers['cache-control']).toBe('public, immutable, max-age=31536000');
    const old = await get('/openapi/v3/apis/batch/v1?hash=OLD');
    expect([old?.status, old?.headers['location']]).toEqual([301, url]);
    expect((await get('/openapi/v3/apis/batch/v1'))?.headers['cache-control']).toBe('no-cache, private');
    expect(await get('/openapi/v3/apis/none/v1')).toBeUndefined();
  });

  it('sends what was compressed once to clients that take it', async () => {
    const plain = await get('/openapi/v2');
    const zipped = await get('/openapi/v2', { 'accept-encoding': 'gzip' });
    expect(zipped?.headers).toMatchObject({ 'content-encoding': 'gzip', etag: plain?.headers['etag'] });
    expect(gunzipSync(zipped?.body ?? '').equals(plain?.body ?? new Uint8Array())).toBe(true);
    expect((zipped?.body.length ?? 0) * 5).toBeLessThan(plain?.body.length ?? 0);
    // Long enough to be sent in pieces.
    expect(plain?.headers['content-length']).toBe(String(plain?.body.length));
  });

  it('gives the type that the client likes, or refuses', async () => {
    const type = async (accept: string, path = '/openapi/v2'): Promise<unknown> => (await get(path, { accept }))?.headers['content-type'];
    expect(await type(openApiV2Accept)).toBe(openApiV2ContentType);
    expect(await type(`${openApiV2Accept},application/json`)).toBe(openApiV2ContentType);
    expect(await type('application/json')).toBe('application/json');
    expect(await type('*/*', '/openapi/v3')).toBe('application/json');
    await expect(type('text/html')).rejects.toThrow('only the following media types are accepted');
    await expect(type(openApiV2Accept, '/openapi/v3')).rejects.toThrow('only the following media types are accepted: application/json');
  });
});

describe('descriptions', () => {
  let dir = '';
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'rhythm-openapi-'));
  });
  afterAll(() => rmSync(dir, { recursive: true }));

  it('come when their file does, under another hash', async () => {
    const file = join(dir, 'late.json');
    const by = handlerOf(descriptionFile(file, silentLog));
    const lease = async (): Promise<unknown> => {
      const found = (await json<Described>('/openapi/v3/apis/coordination.k8s.io/v1', by)).components.schemas['io.k8s.api.coordination.v1.Lease'];
      return [found?.description, found?.properties['spec']?.description];
    };
    const url = async (): Promise<string> => (await json<Index>('/openapi/v3', by)).paths['apis/coordination.k8s.io/v1']?.serverRelativeURL ?? '';
    const before = await url();
    expect(await lease()).toEqual([undefined, undefined]);
    const words: DescriptionFile = { 'io.k8s.api.coordination.v1.Lease': ['a lease', { spec: 'what is leased', __proto__x: 'nothing' }] };
    writeFileSync(file, JSON.stringify(words));
    expect(await lease()).toEqual(['a lease', 'what is leased']);
    expect(await url()).not.toBe(before);
  });

  it('may be damaged: the documents go without, and the log says so', async () => {
    const file = join(dir, 'bad.json');
    const said: string[] = [];
    const log = { ...silentLog, warn: (text: string) => void said.push(text) } as Log;
    const by = handlerOf(descriptionFile(file, log));
    for (const [at, text] of ['{', '[]', '{"a":1}', '{"a":["",null]}'].entries()) {
      writeFileSync(file, text);
      utimesSync(file, at, at);
      expect((await json<Described>('/openapi/v3/apis/apps/v1', by)).components.schemas['io.k8s.api.apps.v1.Deployment']).not.toHaveProperty('description');
      expect(said.length).toBe(at + 1);
    }
    expect(said[0]).toContain('kubectl explain');
  });
});

import { afterEach, describe, expect, test } from 'vitest';
import { ApiError, notFound, resources } from '@rhythm/api';
import { AsyncQueue } from '@rhythm/base';
import { dialGrpc, serverStream, status, statusMetadataKey, unary, type GrpcError } from '@rhythm/grpc';
import { ApiClient as Stub, ApiService, Options, Request } from '@rhythm/proto/api';
import { HealthClient, HealthService } from '@rhythm/proto/health';
import type { RenderedEvent } from '../ports/types.ts';
import { added, cleanUp, cleanups, ok, serve, text, watchOf } from './testing.ts';

afterEach(cleanUp);

describe('unary methods', () => {
  const stub = (target: string): Stub => {
    const client = dialGrpc(Stub, { targets: target });
    cleanups.push(() => client.close());
    return client;
  };
  const about = Request.fromPartial({ version: 'v1', resource: 'configmaps', namespace: 'default', name: 'x' });

  test('imply their verb', async () => {
    const { target } = await serve({ handle: (r) => Promise.resolve(ok(text(`${r.verb} ${r.name}`))) });
    const client = stub(target);
    const methods = [ApiService.get, ApiService.list, ApiService.create, ApiService.update, ApiService.patch, ApiService.delete, ApiService.deleteCollection];
    const replies = await Promise.all(methods.map((method) => unary(client, method, about)));
    expect(replies.map((r) => JSON.parse(Buffer.from(r.body).toString()))).toEqual(['get x', 'list x', 'create x', 'update x', 'patch x', 'delete x', 'deletecollection x']);
  });

  test('carry the Status in the trailing metadata', async () => {
    const { target } = await serve({ handle: () => Promise.reject(notFound(resources.configMaps, 'x')) });
    const failure = (await unary(stub(target), ApiService.get, about).catch((e: unknown) => e)) as GrpcError;
    expect(failure).toMatchObject({ code: status.NOT_FOUND, details: 'configmaps "x" not found' });
    const [sent] = failure.metadata.get(statusMetadataKey);
    expect(JSON.parse(String(sent))).toMatchObject({ kind: 'Status', reason: 'NotFound', code: 404, details: { name: 'x' } });
  });

  test('a refusal that repeats what the client sent is shortened to what clients take', async () => {
    const causes = Array.from({ length: 500 }, (_, at) => ({ reason: 'FieldValueInvalid', field: `spec.${'f'.repeat(1000)}[${at}]`, message: 'x'.repeat(100_000) }));
    const { target } = await serve({ handle: () => Promise.reject(new ApiError('Invalid', `refused: ${'y'.repeat(200_000)}`, { details: { name: 'z'.repeat(100_000), causes } })) });
    const failure = (await unary(stub(target), ApiService.get, about).catch((e: unknown) => e)) as GrpcError;
    const [sent] = failure.metadata.get(statusMetadataKey);
    const told = JSON.parse(String(sent)) as { message: string; details: { causes: object[] } };
    expect(told).toMatchObject({ kind: 'Status', reason: 'Invalid', code: 422, message: failure.details });
    expect(told.message).toMatch(/^refused: y+…$/);
    expect(told.details.causes.length).toBeGreaterThan(0);
    expect(String(sent).length).toBeLessThan(6_000);
  });

  test('watch streams, and fails with a code', async () => {
    const { target } = await serve({
      watch: (r) => {
        if (r.name === 'refused') return Promise.reject(new ApiError('Expired', 'too old'));
        const queue = new AsyncQueue<readonly RenderedEvent[]>(1);
        queue.push([added('a'), added('b')]);
        queue.end();
        return Promise.resolve(watchOf(queue, r.signal));
      },
    });
    const seen: number[] = [];
    for await (const message of serverStream(stub(target), ApiService.watch, { ...about, name: '' })) seen.push(message.events.length);
    expect(seen).toEqual([2]);
    const failure = await (async () => {
      for await (const message of serverStream(stub(target), ApiService.watch, { ...about, name: 'refused' })) seen.push(message.events.length);
    })().catch((e: unknown) => e);
    expect(failure).toMatchObject({ code: status.OUT_OF_RANGE });
  });

  test('read gives a reply in pieces: the head first, then only body', async () => {
    async function* body(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('one');
      yield await Promise.resolve(Buffer.from('two'));
    }
    const { target } = await serve({ handle: (r) => Promise.resolve({ code: 200, contentType: 'text/plain', body: r.query?.get('follow') === 'true' ? body() : text(r.verb), warnings: ['w'] }) });
    const client = stub(target);
    const log = { ...about, resource: 'pods', subresource: 'log', options: Options.fromPartial({ parameters: [{ name: 'follow', value: 'true' }] }) };
    const seen: unknown[] = [];
    for await (const { code, contentType, body: piece, warnings } of serverStream(client, ApiService.read, log)) seen.push([code, contentType, Buffer.from(piece).toString(), warnings]);
    expect(seen).toEqual([[200, 'text/plain', '', ['w']], [0, '', 'one', []], [0, '', 'two', []]]);
    for await (const { body: piece } of serverStream(client, ApiService.read, { ...about, name: '' })) seen.push(Buffer.from(piece).toString());
    expect(seen.at(-1)).toBe('"list"');
  });

  test('get does not wait for the end of a log that has none', async () => {
    const { target } = await serve({ handle: (r) => (r.refusal === undefined ? Promise.resolve(ok(text('whole'))) : Promise.reject(r.refusal)) });
    const log = (follow: string): Request => ({ ...about, resource: 'pods', subresource: 'log', options: Options.fromPartial({ parameters: [{ name: 'follow', value: follow }] }) });
    await expect(unary(stub(target), ApiService.get, log('true'))).rejects.toMatchObject({ code: status.INVALID_ARGUMENT, details: expect.stringContaining('Read') });
    expect((await unary(stub(target), ApiService.get, log('false'))).code).toBe(200);
  });

  test('health is served', async () => {
    const { target } = await serve({});
    const client = dialGrpc(HealthClient, { targets: target });
    cleanups.push(() => client.close());
    expect(await unary(client, HealthService.check, { service: 'rhythm.api.v1.Api' })).toEqual({ status: 1 });
  });
});

import { describe, expect, test } from 'vitest';
import { ApiError, type KubeObject } from '@rhythm/api';
import { GrpcError } from '@rhythm/grpc';
import type { LogsRequest } from '@rhythm/proto/node';
import { Harness, pod, text } from './harness.ts';
import { streamHandlers } from './index.ts';

describe('logs', () => {
  async function logs(harness: Harness, query: string): Promise<string> {
    const handler = streamHandlers(harness.ports).find((h) => h.subresource === 'log');
    const result = await handler?.handle(harness.call('log', new URLSearchParams(query)));
    if (result === undefined || !('response' in result)) throw new Error('no response');
    const parts: string[] = [];
    for await (const chunk of result.response.body as AsyncIterable<Uint8Array>) parts.push(text(chunk));
    return parts.join('');
  }

  test('pass all options on and stream the text', async () => {
    const harness = new Harness();
    let asked: LogsRequest | undefined;
    harness.node.logs = async function* (request) {
      asked = request;
      yield { data: Buffer.from('one\n') };
      yield { data: Buffer.from('two\n') };
    };
    expect(await logs(harness, 'container=init&follow=true&previous=1&timestamps=true&tailLines=5&limitBytes=100&sinceSeconds=7&stream=All')).toBe('one\ntwo\n');
    expect(asked).toEqual({ container: { namespace: 'a', pod: 'p', podUid: 'u', container: 'init' }, follow: true, previous: true, timestamps: true, tailLines: 5n, limitBytes: 100n, sinceSeconds: 7n, sinceTime: '', stream: '' });
    expect(harness.node.open).toBe(0);
  });

  test('a failure of the node before the first byte is a Status', async () => {
    const harness = new Harness();
    harness.node.logs = () => ({ [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new GrpcError(3, 'container "main" in pod "p" is waiting to start: ContainerCreating')) }) });
    await expect(logs(harness, '')).rejects.toMatchObject({ reason: 'BadRequest', message: 'container "main" in pod "p" is waiting to start: ContainerCreating' });
    expect(harness.node.open).toBe(0);
  });

  test('a pod that runs nowhere has an empty log', async () => {
    const harness = new Harness();
    harness.pod = { ...pod, spec: { containers: [{ name: 'main' }] } } as unknown as KubeObject;
    expect(await logs(harness, '')).toBe('');
  });

  test.each([['tailLines=-1'], ['limitBytes=0'], ['sinceSeconds=0'], ['sinceSeconds=1&sinceTime=2024-01-01T00:00:00Z'], ['sinceTime=yesterday'], ['stream=Both'], ['tailLines=1e3'], ['container=nope']])('%s is refused', async (query) => {
    await expect(logs(new Harness(), query)).rejects.toBeInstanceOf(ApiError);
  });

  test('several containers and no choice is refused with their names', async () => {
    const harness = new Harness();
    harness.pod = { ...pod, spec: { nodeName: 'n1', containers: [{ name: 'x' }, { name: 'y' }] } } as unknown as KubeObject;
    await expect(logs(harness, '')).rejects.toThrow('a container name must be specified for pod p, choose one of: [x y]');
  });
});

test('proxies and plain requests to upgrade endpoints say what they are', async () => {
  const harness = new Harness();
  for (const handler of streamHandlers(harness.ports).filter((h) => h.subresource !== 'log')) {
    await expect(handler.handle(harness.call(handler.subresource))).rejects.toThrow(/served over HTTP only|Upgrade request required/);
  }
});

import { createWebSocketStream } from 'ws';
import { afterEach, describe, expect, test } from 'vitest';
import type { FakeNode } from './fake-node.ts';
import { clientOn, converse, openStream, spdyUpgrade, start, stopHarnesses, text, tunnel, type SpdyClient } from './harness.ts';

afterEach(stopHarnesses);

describe('port-forward', () => {
  const upper: FakeNode['forward'] = async (call) => {
    for await (const { input } of call.inputs) {
      if (input?.$case === 'start' && input.value.port === 1) {
        call.send({ output: { $case: 'error', value: 'connection refused' } });
        return;
      }
      if (input?.$case === 'data') call.send({ output: { $case: 'data', value: Buffer.from(text(input.value).toUpperCase()) } });
      if (input?.$case === 'closed') break;
    }
    call.send({ output: { $case: 'data', value: Buffer.from('!') } });
  };

  async function forward(connection: SpdyClient, id: number, port: number, sent: string): Promise<{ data: string; error: string }> {
    const error = await openStream(connection, { streamtype: 'error', port: String(port), requestid: String(id) });
    error.stream.end();
    const data = await openStream(connection, { streamtype: 'data', port: String(port), requestid: String(id) });
    data.stream.write(sent);
    data.stream.end();
    await Promise.all([error.ended, data.ended]);
    return { data: data.text(), error: error.text() };
  }

  test('several connections over SPDY, half-closed ones answered to the end', async () => {
    const { harness, port } = await start();
    harness.node.forward = upper;
    const { connection, socket } = await spdyUpgrade(port, 'portforward', 'portforward.k8s.io');
    const results = [await forward(connection, 0, 80, 'abc'), await forward(connection, 1, 81, 'def'), await forward(connection, 2, 1, 'x')];
    expect(results).toEqual([{ data: 'ABC!', error: '' }, { data: 'DEF!', error: '' }, { data: '', error: 'connection refused' }]);
    socket.destroy();
    await expect.poll(() => harness.node.open).toBe(0);
  });

  test('the same inside a WebSocket, as newer kubectl does', async () => {
    const { harness, port } = await start();
    harness.node.forward = upper;
    const socket = await tunnel(port, 'SPDY/3.1+portforward.k8s.io');
    const connection = clientOn(createWebSocketStream(socket));
    expect(await forward(connection, 0, 80, 'tunnel')).toEqual({ data: 'TUNNEL!', error: '' });
    socket.terminate();
    await expect.poll(() => harness.node.open).toBe(0);
  });

  test('plain channels, as the Python and JavaScript clients use them', async () => {
    const { harness, port } = await start();
    harness.node.forward = upper;
    const { socket, channels, until } = await converse(port, 'portforward?ports=80,1&ports=258', ['v5.channel.k8s.io', 'v4.channel.k8s.io']);
    expect(socket.protocol).toBe('v4.channel.k8s.io');
    socket.send(Buffer.from('\u0000abc'));
    socket.send(Buffer.from('\u0004def'));
    socket.send(Buffer.from('\u0009nobody'));
    await Promise.all([until(0, 'ABC'), until(4, 'DEF'), until(3, 'connection refused')]);
    expect([channels.get(0), channels.get(3), channels.get(4)]).toEqual(['\u0050\u0000ABC', '\u0001\u0000connection refused', '\u0002\u0001DEF']);
    socket.terminate();
    await expect.poll(() => harness.node.open).toBe(0);
    for (const query of ['', '?ports=0', '?ports=70000', '?ports=80;81']) await expect(converse(port, `portforward${query}`, ['v4.channel.k8s.io'])).rejects.toThrow('400');
    expect(harness.node.open).toBe(0);
  });

  test('streams without a port or a kind are reset', async () => {
    const { port } = await start();
    const { connection, socket } = await spdyUpgrade(port, 'portforward', 'portforward.k8s.io');
    for (const headers of [{ streamtype: 'data' }, { streamtype: 'data', port: '70000' }, { port: '80' }] as Array<Record<string, string>>) {
      const { stream } = await openStream(connection, { requestid: '1', ...headers });
      await new Promise((resolve) => stream.on('close', resolve));
    }
    socket.destroy();
  });
});

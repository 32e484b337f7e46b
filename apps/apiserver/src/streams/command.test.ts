import { afterEach, describe, expect, test } from 'vitest';
import { ApiError, type KubeObject } from '@rhythm/api';
import { GrpcError } from '@rhythm/grpc';
import type { FakeNode } from './fake-node.ts';
import { converse, openStream, pod, spdyUpgrade, start, statusOf, stopHarnesses } from './harness.ts';

afterEach(stopHarnesses);

/** Echoes stdin to stdout, then exits with 3 once stdin ends. */
const echo: FakeNode['command'] = async (call) => {
  for await (const { input } of call.inputs) {
    if (input?.$case === 'start') call.send({ output: { $case: 'stderr', value: Buffer.from(JSON.stringify(input.value)) } });
    if (input?.$case === 'resize') call.send({ output: { $case: 'stdout', value: Buffer.from(`${input.value.width}x${input.value.height}`) } });
    if (input?.$case === 'stdin') call.send({ output: { $case: 'stdout', value: input.value } });
    if (input?.$case === 'stdinClosed') break;
  }
  call.send({ output: { $case: 'status', value: statusOf({ metadata: {}, status: 'Failure', reason: 'NonZeroExitCode', message: 'command terminated with non-zero exit code', details: { causes: [{ reason: 'ExitCode', message: '3' }] } }) } });
};

describe('exec over WebSocket', () => {
  test('v5 carries stdin, its end, sizes and both outputs, and ends with the Status on channel 3', async () => {
    const { harness, port } = await start();
    harness.node.command = echo;
    const { socket, channels, closed, until } = await converse(port, 'exec?stdin=true&stdout=true&stderr=true&command=sh&command=-c&container=main', ['v5.channel.k8s.io', 'v4.channel.k8s.io']);
    expect(socket.protocol).toBe('v5.channel.k8s.io');
    socket.send(Buffer.from('\u0000hello'));
    socket.send(Buffer.from('\u0004{"Width":80,"Height":24}'));
    await until(1, '80x24');
    socket.send(Uint8Array.of(255, 0));
    expect(await closed).toBe(1000);
    expect(channels.get(1)).toBe('hello80x24');
    expect(JSON.parse(channels.get(2) ?? '')).toMatchObject({ command: ['sh', '-c'], stdin: true, tty: false, container: { namespace: 'a', pod: 'p', podUid: 'u', container: 'main' } });
    expect(JSON.parse(channels.get(3) ?? '')).toMatchObject({ status: 'Failure', reason: 'NonZeroExitCode', details: { causes: [{ reason: 'ExitCode', message: '3' }] } });
    await expect.poll(() => harness.node.open).toBe(0);
  });

  test('base64 sub-protocols carry the same as text', async () => {
    const { harness, port } = await start();
    harness.node.command = echo;
    const { socket, until } = await converse(port, 'exec?stdin=1&stdout=1&command=x', ['base64.channel.k8s.io']);
    socket.send(`0${Buffer.from('grüß').toString('base64')}`);
    await until(1, 'grüß');
    socket.close();
  });

  test('large output arrives whole and in order', async () => {
    const { harness, port } = await start();
    harness.node.command = (call) => {
      for (let i = 0; i < 200; i++) call.send({ output: { $case: 'stdout', value: Buffer.from(`${i},`.padEnd(16_384, '.')) } });
      call.send({ output: { $case: 'status', value: statusOf({ status: 'Success', metadata: {} }) } });
      return Promise.resolve();
    };
    const { channels, closed } = await converse(port, 'exec?stdout=1&command=x', ['v4.channel.k8s.io']);
    await closed;
    expect(channels.get(1)?.length).toBe(200 * 16_384);
    expect(channels.get(1)?.split(',').length).toBe(201);
    expect(JSON.parse(channels.get(3) ?? '')).toMatchObject({ status: 'Success' });
  });

  test('a client that goes ends the call on the node', async () => {
    const { harness, port } = await start();
    const cancelled = Promise.withResolvers<void>();
    harness.node.command = async (call) => {
      await call.cancelled;
      cancelled.resolve();
    };
    const { socket } = await converse(port, 'exec?stdin=1&stdout=1&command=x', ['v5.channel.k8s.io']);
    socket.terminate();
    await cancelled.promise;
    await expect.poll(() => harness.node.open).toBe(0);
  });

  test('a node that fails, or ends without a word, is told as a failed Status', async () => {
    const { harness, port } = await start();
    for (const [command, message] of [
      [() => Promise.reject(new GrpcError(5, 'container not found ("main")')), 'container not found'],
      [() => Promise.resolve(), 'without saying how'],
    ] as const) {
      harness.node.command = command;
      const { channels, closed } = await converse(port, 'exec?stdout=1&command=x', ['v4.channel.k8s.io']);
      await closed;
      expect((JSON.parse(channels.get(3) ?? '') as { message: string }).message).toContain(message);
    }
  });

  test.each([
    ['exec?command=x', 400, 'at least 1 of stdin'],
    ['exec?stdout=1', 400, 'must specify a command'],
    ['exec?stdout=1&command=x&container=nope', 400, 'container nope is not valid for pod p'],
  ])('%s is refused before the upgrade', async (path, status, message) => {
    const { harness, port } = await start();
    await expect(converse(port, path, ['v4.channel.k8s.io'])).rejects.toThrow(new RegExp(`${status}.*${message}`));
    expect(harness.node.open).toBe(0);
  });

  test('an unknown sub-protocol, a missing permission and a dead node are refused before the upgrade', async () => {
    const { harness, port } = await start();
    await expect(converse(port, 'exec?stdout=1&command=x', ['v9.channel.k8s.io'])).rejects.toThrow('403');
    harness.denied.add('create');
    await expect(converse(port, 'exec?stdout=1&command=x', ['v5.channel.k8s.io'])).rejects.toThrow('cannot create resource');
    harness.denied.clear();
    harness.refuseDial = new ApiError('InternalError', 'error dialing backend: n1');
    await expect(converse(port, 'exec?stdout=1&command=x', ['v5.channel.k8s.io'])).rejects.toThrow('error dialing backend');
    harness.refuseDial = undefined;
    harness.pod = { ...pod, spec: { containers: [{ name: 'main' }] } } as unknown as KubeObject;
    await expect(converse(port, 'exec?stdout=1&command=x', ['v5.channel.k8s.io'])).rejects.toThrow('does not have a host assigned');
    expect(harness.node.open).toBe(0);
  });

  test('a message over the limit and noise on unknown channels end or change nothing else', async () => {
    const { harness, port } = await start();
    harness.node.command = echo;
    const { socket, closed, until } = await converse(port, 'exec?stdin=1&stdout=1&command=x', ['v4.channel.k8s.io']);
    for (const noise of ['', '\u0007x', '\u0004not json', '\u0004{"Width":-1,"Height":1e9}', '\u0001stdout?']) socket.send(Buffer.from(noise));
    socket.send(Buffer.from('\u0000fine'));
    await until(1, 'fine');
    socket.send(Buffer.alloc(2 * 1024 * 1024));
    expect(await closed).toBe(1009);
    await expect.poll(() => harness.node.open).toBe(0);
  });
});

describe('exec over SPDY', () => {
  test('each stream does its part, the end of stdin is seen, and the Status comes on the error stream', async () => {
    const { harness, port } = await start();
    harness.node.command = echo;
    const { connection, headers, socket } = await spdyUpgrade(port, 'exec?stdin=1&stdout=1&stderr=1&command=cat', 'v4.channel.k8s.io');
    expect(headers['x-stream-protocol-version']).toBe('v4.channel.k8s.io');
    const error = await openStream(connection, { streamtype: 'error' });
    const stdin = await openStream(connection, { streamtype: 'stdin' });
    const stdout = await openStream(connection, { streamtype: 'stdout' });
    const stderr = await openStream(connection, { streamtype: 'stderr' });
    stdin.stream.write('over spdy');
    stdin.stream.end();
    await Promise.all([error.ended, stdout.ended, stderr.ended]);
    socket.destroy();
    expect(stdout.text()).toBe('over spdy');
    expect(JSON.parse(error.text())).toMatchObject({ reason: 'NonZeroExitCode' });
    await expect.poll(() => harness.node.open).toBe(0);
  });

  test('bytes that are not SPDY end the connection', async () => {
    const { harness, port } = await start();
    const { socket } = await spdyUpgrade(port, 'exec?stdout=1&command=x', 'v4.channel.k8s.io');
    const closed = new Promise((resolve) => socket.on('close', resolve));
    socket.write(Buffer.from('GET / HTTP/1.1\r\nHost: evil\r\n\r\n'.repeat(100)));
    await closed;
    await expect.poll(() => harness.node.open).toBe(0);
  });

  test('a protocol that is not spoken is refused', async () => {
    const { port } = await start();
    await expect(spdyUpgrade(port, 'exec?stdout=1&command=x', 'v0')).rejects.toThrow('403');
  });
});

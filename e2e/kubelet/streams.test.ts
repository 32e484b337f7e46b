import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Pod } from '@rhythm/api/types/core-v1';
import { constant, systemClock, systemRandom } from '@rhythm/base';
import { bidi, dialGrpc, GrpcError, serverStream, type GrpcServer } from '@rhythm/grpc';
import { serveNode } from '@rhythm/kubelet';
import { createAuthority, type Authority, type KeyPair } from '@rhythm/pki';
import { NodeClient, NodeService, type LogsRequest, type StreamInput, type StreamStart } from '@rhythm/proto/node';
import { eventually, isReady, shell, startNodeRig, type NodeRig } from './node-rig.ts';

let rig: NodeRig;
let server: GrpcServer;
let ca: Authority;
let client: NodeClient;
let pod: Pod;

beforeAll(async () => {
  rig = await startNodeRig();
  const ports = { clock: systemClock, random: systemRandom };
  ca = await createAuthority('test-ca', ports);
  const serving = await ca.issue({ commonName: 'system:node:node-a', organizations: ['system:nodes'], ipAddresses: ['127.0.0.1'], usages: ['server'] });
  const tls = { cert: serving.certPem, key: serving.keyPem, clientCa: ca.certPem, requireClientCert: true };
  server = await serveNode({ host: '127.0.0.1', port: 0, tls: constant(tls), kubelet: () => rig.kubelet });
  client = dial(await ca.issue({ commonName: 'kube-apiserver-kubelet-client', organizations: ['system:masters'], usages: ['client'] }));
  rig.pod('server', {
    terminationGracePeriodSeconds: 1,
    containers: [
      // Its two streams are read one beside the other: what comes later waits until what came before is in the log.
      { name: 'app', command: shell('echo one; until [ -e /tmp/one ]; do sleep 0.1; done; echo two >&2; until [ -e /tmp/two ]; do sleep 0.1; done; echo three; mkdir -p /www; echo page > /www/index.html; httpd -p 127.0.0.1:8080 -h /www; while true; do sleep 0.1; done'), resources: {} },
      { name: 'echo', command: shell('while read line; do echo "got $line"; done'), stdin: true, resources: {} },
    ],
  });
  pod = await rig.until('server', isReady);
  const id = pod.status.containerStatuses?.find(({ name }) => name === 'app')?.containerID?.replace('containerd://', '') ?? '';
  for (const line of ['one', 'two']) {
    await eventually(() => expect(rig.log(pod, 'app')).toContain(`${line}\n`));
    await rig.runtime.execSync(id, ['touch', `/tmp/${line}`], 60_000);
  }
});
afterAll(async () => {
  client.close();
  await server.stop(100);
  await rig.stop();
});

function dial(identity: KeyPair): NodeClient {
  return dialGrpc(NodeClient, { targets: `127.0.0.1:${server.port}`, tls: { ca: ca.certPem, cert: identity.certPem, key: identity.keyPem } });
}

const ref = (container: string) => ({ namespace: 'default', pod: 'server', podUid: '', container });

async function logs(request: Partial<LogsRequest>): Promise<string> {
  const parts: Buffer[] = [];
  for await (const chunk of serverStream(client, NodeService.logs, logsRequest(request))) parts.push(Buffer.from(chunk.data));
  return Buffer.concat(parts).toString();
}

function logsRequest(request: Partial<LogsRequest>): LogsRequest {
  return { container: ref('app'), follow: false, previous: false, timestamps: false, tailLines: undefined, limitBytes: undefined, sinceSeconds: undefined, sinceTime: '', stream: '', ...request };
}

interface Run {
  stdout: string;
  stderr: string;
  status: { status?: string; reason?: string; details?: { causes?: { reason?: string; message?: string }[] } };
}

async function stream(method: 'exec' | 'attach', start: Partial<StreamStart>, inputs: readonly StreamInput['input'][], onStdout?: (text: string) => void): Promise<Run> {
  const call = bidi(client, NodeService[method]);
  const run: Run = { stdout: '', stderr: '', status: {} };
  await call.write({ input: { $case: 'start', value: { container: ref('app'), command: [], stdin: false, stdout: true, stderr: true, tty: false, ...start } } });
  for (const input of inputs) await call.write({ input });
  for await (const { output } of call.messages) {
    if (output?.$case === 'stdout') {
      run.stdout += Buffer.from(output.value).toString();
      onStdout?.(run.stdout);
      if (method === 'attach' && run.stdout.includes('got')) break;
    } else if (output?.$case === 'stderr') run.stderr += Buffer.from(output.value).toString();
    else if (output?.$case === 'status') run.status = JSON.parse(Buffer.from(output.value).toString()) as Run['status'];
  }
  return run;
}

describe('the node service', () => {
  test('gives logs, whole or in part', async () => {
    await eventually(async () => expect(await logs({})).toBe('one\ntwo\nthree\n'));
    expect(await logs({ tailLines: 2n })).toBe('two\nthree\n');
    expect(await logs({ tailLines: 0n })).toBe('');
    expect(await logs({ limitBytes: 5n })).toBe('one\nt');
    expect(await logs({ stream: 'Stderr' })).toBe('two\n');
    expect(await logs({ timestamps: true, tailLines: 2n })).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+\S* two\n\d{4}-.* three\n$/);
    expect(await logs({ sinceTime: '2100-01-01T00:00:00Z' })).toBe('');
    await expect(logs({ previous: true })).rejects.toThrow('previous terminated container "app" in pod "server" not found');
    await expect(logs({ container: ref('nope') })).rejects.toThrow('container nope is not valid for pod server');
    await expect(logs({ container: ref('') })).rejects.toThrow('a container name must be specified for pod server, choose one of: [app echo]');
    await expect(logs({ container: { ...ref('app'), podUid: 'other' } })).rejects.toThrow('another one now');
  });

  test('follows a log through rotation until the container ends', async () => {
    rig.pod('count', { restartPolicy: 'Never', terminationGracePeriodSeconds: 1, containers: [{ name: 'app', command: shell('i=0; while [ $i -lt 20 ]; do echo line $i; i=$((i+1)); [ $i -ne 10 ] || until [ -e /tmp/rotated ]; do sleep 0.1; done; sleep 0.1; done'), resources: {} }] });
    const counting = await rig.until('count', (p) => p.status.phase === 'Running');
    const path = `${rig.rootDir}/logs/default_count_${counting.metadata.uid}/app/0.log`;
    const id = counting.status.containerStatuses?.[0]?.containerID?.replace('containerd://', '') ?? '';
    let text = '';
    let rotated = false;
    for await (const chunk of serverStream(client, NodeService.logs, logsRequest({ container: { ...ref('app'), pod: 'count' }, follow: true }))) {
      text += Buffer.from(chunk.data).toString();
      if (!rotated && text.includes('line 5')) {
        rotated = true;
        expect(await rig.kubelet.rotation.rotate({ containerId: id, path }, 1)).toBe(true);
        await rig.runtime.execSync(id, ['touch', '/tmp/rotated'], 60_000);
      }
    }
    expect(text).toBe(Array.from({ length: 20 }, (_, i) => `line ${i}\n`).join(''));
  });

  test('runs commands, with their output, input and exit code', async () => {
    expect(await stream('exec', { command: shell('echo out; echo err >&2; exit 4') }, [])).toMatchObject({
      stdout: 'out\n',
      stderr: 'err\n',
      status: { status: 'Failure', reason: 'NonZeroExitCode', details: { causes: [{ reason: 'ExitCode', message: '4' }] } },
    });
    const input = 'x'.repeat(200_000);
    const counted = await stream('exec', { command: ['wc', '-c'], stdin: true }, [{ $case: 'stdin', value: Buffer.from(input) }, { $case: 'stdinClosed', value: {} }]);
    expect(counted).toMatchObject({ stdout: '200000\n', status: { status: 'Success' } });
    const big = await stream('exec', { command: shell('dd if=/dev/zero bs=1M count=20 2>/dev/null') }, []);
    expect(big.stdout.length).toBe(20 * 1024 * 1024);
  });

  test('runs a terminal of the size the caller has', async () => {
    const run = await stream('exec', { command: shell('until [ "$(stty size)" = "45 123" ]; do sleep 0.1; done; tty; stty size'), stdin: true, tty: true }, [{ $case: 'resize', value: { width: 123, height: 45 } }]);
    expect(run.stdout).toContain('/dev/pts/');
    expect(run.stdout).toContain('45 123');
  });

  test('attaches to a running container', async () => {
    const run = await stream('attach', { container: ref('echo'), stdin: true }, [{ $case: 'stdin', value: Buffer.from('hello\n') }]);
    expect(run.stdout).toBe('got hello\n');
  });

  test('forwards connections to what listens on the loopback of the pod', async () => {
    // The server comes up a moment after its container.
    await eventually(async () => {
      const call = bidi(client, NodeService.portForward);
      await call.write({ input: { $case: 'start', value: { container: ref(''), port: 8080 } } });
      await call.write({ input: { $case: 'data', value: Buffer.from('GET /index.html HTTP/1.0\r\n\r\n') } });
      let text = '';
      for await (const { output } of call.messages) if (output?.$case === 'data') text += Buffer.from(output.value).toString();
      expect(text).toContain('page\n');
    });
    const refused = bidi(client, NodeService.portForward);
    await refused.write({ input: { $case: 'start', value: { container: ref(''), port: 9 } } });
    let error = '';
    for await (const { output } of refused.messages) if (output?.$case === 'error') error = output.value;
    expect(error).toContain('refused');
  });

  test('answers only the apiserver', async () => {
    const stranger = dial(await ca.issue({ commonName: 'system:node:node-a', organizations: ['system:nodes'], usages: ['client'] }));
    const call = (async () => {
      for await (const _ of serverStream(stranger, NodeService.logs, logsRequest({}))) throw new Error('answered');
    })();
    await expect(call).rejects.toThrow(GrpcError);
    await expect(call).rejects.toThrow('may not use the kubelet');
    stranger.close();
    expect(pod.metadata.uid).not.toBe('');
  });
});

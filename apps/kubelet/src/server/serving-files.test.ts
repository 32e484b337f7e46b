import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import { logTo, seededRandom, systemClock, VirtualClock } from '@rhythm/base';
import type { LiveFiles } from '@rhythm/config';
import { dialGrpc, serverStream, type GrpcServer, type ServerTls } from '@rhythm/grpc';
import { createAuthority, type Authority, type KeyPair } from '@rhythm/pki';
import { LogsRequest, NodeClient, NodeService } from '@rhythm/proto/node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { serveNode } from './node-server.ts';
import { liveServingFiles } from './serving-files.ts';

// A server whose certificate is renewed in its files, as tools that renew certificates do, while connections are open.

const folder = mkdtempSync(join(tmpdir(), 'rhythm-kubelet-tls-'));
const clock = new VirtualClock();
const warnings: string[] = [];
let [first, second]: Authority[] = [];
let caller: KeyPair;
let files: LiveFiles<ServerTls>;
let server: GrpcServer;

const at = (name: string): string => join(folder, name);
const put = (name: string, text: string): void => {
  writeFileSync(at(`${name}.new`), text);
  renameSync(at(`${name}.new`), at(name));
};
const issueTo = (authority: Authority, commonName: string): Promise<KeyPair> => authority.issue({ commonName, ipAddresses: ['127.0.0.1'], usages: ['server'] });
const callerOf = (authority: Authority): Promise<KeyPair> => authority.issue({ commonName: 'kube-apiserver-kubelet-client', organizations: ['system:masters'], usages: ['client'] });

beforeAll(async () => {
  const ports = { clock: systemClock, random: seededRandom(3) };
  [first, second] = [await createAuthority('first', ports), await createAuthority('second', ports)];
  caller = await callerOf(first);
  const pair = await issueTo(first, 'before');
  put('tls.crt', pair.certPem);
  put('tls.key', pair.keyPem);
  put('ca.crt', first.certPem);
  const log = logTo((level, message, fields) => void (level === 'warn' && warnings.push(`${message}: ${JSON.stringify(fields)}`)));
  files = await liveServingFiles({ cert: at('tls.crt'), key: at('tls.key'), clientCa: at('ca.crt') }, { clock, log });
  server = await serveNode({ host: '127.0.0.1', port: 0, tls: files, kubelet: () => undefined });
});
afterAll(async () => {
  files.stop();
  await server.stop(0);
  rmSync(folder, { recursive: true });
});

/** A connection, and whom the server says it is. */
function open(as = caller): Promise<{ readonly socket: TLSSocket; readonly name: string }> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port: server.port, rejectUnauthorized: false, ALPNProtocols: ['h2'], cert: as.certPem, key: as.keyPem }, () => resolve({ socket, name: String(socket.getPeerCertificate().subject.CN) }));
    socket.once('error', reject);
  });
}

/** What a kubelet that has not started answers: `letIn` to whoever came so far. */
async function called(client: NodeClient): Promise<string> {
  try {
    for await (const _ of serverStream(client, NodeService.logs, LogsRequest.create({}), { deadlineMs: 30_000 })) throw new Error('there is no kubelet');
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}
const letIn = expect.stringContaining('the kubelet is starting');

test('a renewed certificate is shown to new connections, and those that are open go on', async () => {
  const client = dialGrpc(NodeClient, { targets: [`127.0.0.1:${server.port}`], tls: { ca: `${first?.certPem}${second?.certPem}`, cert: caller.certPem, key: caller.keyPem } });
  expect(await called(client)).toEqual(letIn);
  const before = await open();
  expect(before.name).toBe('before');
  const pair = await issueTo(second as Authority, 'after');
  put('tls.crt', pair.certPem);
  await files.look();
  // Half of a pair changes nothing.
  expect((await open()).name).toBe('before');
  expect(warnings).toHaveLength(1);
  put('tls.key', pair.keyPem);
  await files.look();
  const after = await open();
  expect(after.name).toBe('after');
  expect([before.socket.destroyed, await called(client)]).toEqual([false, letIn]);
  client.close();
  for (const { socket } of [before, after]) socket.destroy();
});

test('nobody has to ask: the files are looked at every minute', async () => {
  const pair = await issueTo(first as Authority, 'later');
  put('tls.crt', pair.certPem);
  put('tls.key', pair.keyPem);
  const changed = new Promise<void>((resolve) => void files.onChange(() => resolve()));
  await clock.advance(60_000);
  await changed;
  expect((await open()).name).toBe('later');
});

test('the authority of callers is followed too', async () => {
  const stranger = await callerOf(second as Authority);
  const answerTo = async (as: KeyPair): Promise<string> => {
    const client = dialGrpc(NodeClient, { targets: [`127.0.0.1:${server.port}`], tls: { ca: first?.certPem ?? '', cert: as.certPem, key: as.keyPem } });
    const answer = await called(client);
    client.close();
    return answer;
  };
  expect([await answerTo(caller), await answerTo(stranger)]).toEqual([letIn, expect.not.stringContaining('starting')]);
  put('ca.crt', second?.certPem ?? '');
  await files.look();
  expect([await answerTo(caller), await answerTo(stranger)]).toEqual([expect.not.stringContaining('starting'), letIn]);
});

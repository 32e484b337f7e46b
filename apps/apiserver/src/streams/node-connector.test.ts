import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ApiError } from '@rhythm/api';
import { seededRandom, systemClock } from '@rhythm/base';
import { bidiHandler, GrpcError, Metadata, serveGrpc, statusMetadataKey, serverStreamHandler, type GrpcServer } from '@rhythm/grpc';
import { createAuthority, type Authority, type KeyPair } from '@rhythm/pki';
import { NodeService, type LogsChunk, type LogsRequest, type StreamInput, type StreamOutput } from '@rhythm/proto/node';
import { errorOfNode, grpcNodeConnector, type NodeCredentials } from './node-connector.ts';

let authority: Authority;
let client: KeyPair;
let kubelet: GrpcServer;
let caller: string | undefined;

beforeAll(async () => {
  authority = await createAuthority('test-ca', { clock: systemClock, random: seededRandom(1) });
  client = await authority.issue({ commonName: 'kube-apiserver-kubelet-client', organizations: ['system:masters'], usages: ['client'] });
  const serving = await authority.issue({ commonName: 'system:node:n1', dnsNames: ['n1'], ipAddresses: ['127.0.0.1'], usages: ['server'] });
  kubelet = await serveGrpc({
    host: '127.0.0.1',
    port: 0,
    tls: { cert: serving.certPem, key: serving.keyPem, clientCa: authority.certPem, requireClientCert: true },
    services: [
      {
        definition: NodeService,
        implementation: {
          logs: serverStreamHandler<LogsRequest, LogsChunk>(async function* (request, context) {
            caller = context.identity?.commonName;
            if (request.container?.container === 'gone') throw new GrpcError(5, 'container not found');
            if (request.container?.container === 'other') {
              const metadata = new Metadata();
              metadata.set(statusMetadataKey, Buffer.from(JSON.stringify(new ApiError('Conflict', 'pod "p" is another one now').toStatus())));
              throw new GrpcError(10, 'aborted', { metadata });
            }
            yield { data: Buffer.from('line\n') };
          }),
          exec: bidiHandler<StreamInput, StreamOutput>(async function* (messages) {
            for await (const { input } of messages) if (input?.$case === 'stdin') yield { output: { $case: 'stdout', value: input.value } };
          }),
          attach: bidiHandler<StreamInput, StreamOutput>(async function* () {}),
          portForward: bidiHandler(async function* () {}),
        },
      },
    ],
  });
});
afterAll(() => kubelet.stop(0));

const credentials = (): NodeCredentials => ({ ca: authority.certPem, cert: client.certPem, key: client.keyPem });
const target = (nodeName = 'n1', port = kubelet.port) => ({ nodeName, address: '127.0.0.1', port });
const logsOf = (container: string): LogsRequest => ({ container: { namespace: 'a', pod: 'p', podUid: 'u', container }, follow: false, previous: false, timestamps: false, tailLines: undefined, limitBytes: undefined, sinceSeconds: undefined, sinceTime: '', stream: '' });

describe('dialling a kubelet', () => {
  test('reaches the node under our own identity', async () => {
    const connection = await grpcNodeConnector(credentials, systemClock)(target());
    const lines: string[] = [];
    for await (const { data } of connection.logs(logsOf('main'), new AbortController().signal)) lines.push(Buffer.from(data).toString());
    expect([lines, caller]).toEqual([['line\n'], 'kube-apiserver-kubelet-client']);
    const call = connection.exec(new AbortController().signal);
    await call.write({ input: { $case: 'stdin', value: Buffer.from('hi') } });
    for await (const { output } of call.messages) {
      expect(output).toMatchObject({ $case: 'stdout', value: Buffer.from('hi') });
      break;
    }
    connection.close();
  });

  test('a certificate of our CA that names another node is refused at once (kubernetes#119270)', async () => {
    await expect(grpcNodeConnector(credentials, systemClock)(target('n2'))).rejects.toThrow('error dialing backend: node "n2" does not answer');
  });

  test('a certificate of another CA is refused', async () => {
    const other = await createAuthority('other-ca', { clock: systemClock, random: seededRandom(2) });
    await expect(grpcNodeConnector(() => ({ ...credentials(), ca: other.certPem }), systemClock)(target())).rejects.toMatchObject({ reason: 'InternalError' });
  });

  test('a port where nobody listens fails without waiting', async () => {
    // Whoever waits for the limit says that there was no connection in time.
    await expect(grpcNodeConnector(credentials, systemClock)(target('n1', 1))).rejects.toMatchObject({ message: expect.stringContaining('error dialing backend') as string, cause: { message: expect.stringContaining('the connection was refused') as string } });
  });

  test('what the node refuses keeps its reason', async () => {
    const connection = await grpcNodeConnector(credentials, systemClock)(target());
    const failure = async (container: string): Promise<unknown> => {
      try {
        for await (const _ of connection.logs(logsOf(container), new AbortController().signal));
      } catch (error) {
        return errorOfNode(error);
      }
      return undefined;
    };
    expect(await failure('gone')).toMatchObject({ reason: 'NotFound', message: 'container not found' });
    expect(await failure('other')).toMatchObject({ reason: 'Conflict', code: 409, message: 'pod "p" is another one now' });
    connection.close();
  });
});

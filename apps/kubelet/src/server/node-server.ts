import type { Live } from '@rhythm/base';
import { bidiHandler, GrpcError, serveGrpc, serverStreamHandler, status, type CallContext, type GrpcServer, type ServerTls } from '@rhythm/grpc';
import { NodeService, type NodeServer } from '@rhythm/proto/node';
import type { NodeContext } from '../pod/node-context.ts';
import type { PodFinder } from './find-container.ts';
import { readContainerLogs } from './logs.ts';
import { portForward } from './port-forward.ts';
import { grpcRefusal } from './refusal.ts';
import { remoteCommand } from './remote-command.ts';

export interface NodeServerOptions {
  readonly host: string;
  readonly port: number;
  /** Connections to come use what it is then. */
  readonly tls: Live<ServerTls>;
  /** Undefined until the kubelet has started. */
  kubelet(): { readonly node: NodeContext; readonly pods: PodFinder } | undefined;
}

/** The only caller there is: the apiserver's own certificate (docs/processes.md). */
const callerName = 'kube-apiserver-kubelet-client';
const callerGroup = 'system:masters';
/** Streams at a time. */
const streamsMax = 500;

/** Serves `rhythm.node.v1` to the apiserver. Rejects when the address cannot be bound. */
export async function serveNode(options: NodeServerOptions): Promise<GrpcServer> {
  const open = (context: CallContext): { readonly node: NodeContext; readonly pods: PodFinder } => {
    authorize(context);
    const kubelet = options.kubelet();
    if (kubelet === undefined) throw new GrpcError(status.UNAVAILABLE, 'the kubelet is starting');
    return kubelet;
  };
  const implementation: NodeServer = {
    logs: serverStreamHandler(async function* (request, context) {
      const { node, pods } = open(context);
      for await (const data of readContainerLogs(node, pods, request, context.signal)) yield { data };
    }, grpcRefusal),
    exec: bidiHandler((messages, context) => {
      return deferred(() => {
        const { node, pods } = open(context);
        return remoteCommand(node, pods, 'exec', messages, context);
      });
    }, grpcRefusal),
    attach: bidiHandler((messages, context) => {
      return deferred(() => {
        const { node, pods } = open(context);
        return remoteCommand(node, pods, 'attach', messages, context);
      });
    }, grpcRefusal),
    portForward: bidiHandler((messages, context) => {
      return deferred(() => {
        const { node, pods } = open(context);
        return portForward(node, pods, messages, context);
      });
    }, grpcRefusal),
  };
  const first = options.tls.current;
  const server = await serveGrpc({ host: options.host, port: options.port, tls: first, streamsMax, services: [{ definition: NodeService, implementation }] });
  const unfollow = options.tls.onChange((tls) => server.setTls(tls));
  // It may have been renewed meanwhile.
  if (options.tls.current !== first) server.setTls(options.tls.current);
  return {
    port: server.port,
    setTls: (tls) => server.setTls(tls),
    stop(graceMs) {
      unfollow();
      return server.stop(graceMs);
    },
  };
}

/** What `make` throws is an error of the stream, not of whoever opened it. */
async function* deferred<T>(make: () => AsyncIterable<T>): AsyncGenerator<T> {
  yield* make();
}

/** @throws GrpcError when the caller is not the apiserver. */
export function authorize({ identity }: CallContext): void {
  if (identity?.commonName !== callerName || !identity.organizations.includes(callerGroup)) {
    throw new GrpcError(status.PERMISSION_DENIED, `${identity?.commonName ?? 'a caller without a certificate'} may not use the kubelet`);
  }
}

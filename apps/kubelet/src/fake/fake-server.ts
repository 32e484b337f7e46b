import { bidiHandler, serveGrpc, serverStreamHandler, type CallContext, type GrpcServer, type ServerTls } from '@rhythm/grpc';
import { NodeService, type NodeServer } from '@rhythm/proto/node';
import { authorize } from '../server/node-server.ts';
import { grpcRefusal, refuse } from '../server/refusal.ts';

/** The server behind every fake node's address: whoever may ask is told that there is nothing to reach. */
export function serveFakeNodes(options: { readonly host: string; readonly port: number; readonly tls: ServerTls }): Promise<GrpcServer> {
  const refusing = <T>(what: string) =>
    async function* (_input: unknown, context: CallContext): AsyncGenerator<T> {
      authorize(context);
      throw await Promise.resolve(refuse('BadRequest', `${what}: the pod is on a fake node (up --fake-nodes), where no container runs`));
    };
  const stream = (what: string) => bidiHandler((messages, context) => refusing<never>(what)(messages, context), grpcRefusal);
  const implementation: NodeServer = {
    logs: serverStreamHandler(refusing<never>('there are no logs'), grpcRefusal),
    exec: stream('no command can run'),
    attach: stream('nothing can be attached to'),
    portForward: stream('no port can be forwarded'),
  };
  return serveGrpc({ host: options.host, port: options.port, tls: options.tls, services: [{ definition: NodeService, implementation }] });
}

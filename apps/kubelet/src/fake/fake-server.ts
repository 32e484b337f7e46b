import { bidiHandler, serveGrpc, serverStreamHandler, type CallContext, type GrpcServer, type ServerTls } from '@rhythm/grpc';
import { NodeService, type NodeServer } from '@rhythm/proto/node';
import { authorize } from '../server/node-server.ts';
import { grpcRefusal, refuse } from '../server/refusal.ts';

/** The server behind every fake node's address: whoever may ask is told that there is nothing to reach. */
export function serveFakeNodes(options: { readonly host: string; readonly port: number; readonly tls: ServerTls }): Promise<GrpcServer> {
  const implementation: NodeServer = {
    logs: serverStreamHandler((_request, context) => refusing('there are no logs', context), grpcRefusal),
    exec: bidiHandler((_messages, context) => refusing('no command can run', context), grpcRefusal),
    attach: bidiHandler((_messages, context) => refusing('nothing can be attached to', context), grpcRefusal),
    portForward: bidiHandler((_messages, context) => refusing('no port can be forwarded', context), grpcRefusal),
  };
  return serveGrpc({ host: options.host, port: options.port, tls: options.tls, services: [{ definition: NodeService, implementation }] });
}

/** A stream whose first message is an error. */
function refusing(what: string, context: CallContext): AsyncIterable<never> {
  const next = (): Promise<never> =>
    new Promise(() => {
      authorize(context);
      throw refuse('BadRequest', `${what}: the pod is on a fake node (up --fake-nodes), where no container runs`);
    });
  return { [Symbol.asyncIterator]: () => ({ next }) };
}

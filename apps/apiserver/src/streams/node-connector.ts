import { ApiError, errorFromStatus, isReason } from '@rhythm/api';
import type { Status } from '@rhythm/api/types/meta-v1';
import type { Clock } from '@rhythm/base';
import { bidi, dialGrpc, GrpcError, reasonOfCode, serverStream, statusMetadataKey, type BidiCall } from '@rhythm/grpc';
import { NodeClient, NodeService, type LogsChunk, type LogsRequest, type PortForwardInput, type PortForwardOutput, type StreamInput, type StreamOutput } from '@rhythm/proto/node';
import { streamLimits } from './limits.ts';

/** A kubelet: where it listens and whom its certificate must name. */
export interface NodeTarget {
  readonly nodeName: string;
  readonly address: string;
  readonly port: number;
}

/** An open connection to one kubelet. */
export interface NodeConnection {
  logs(request: LogsRequest, signal: AbortSignal): AsyncIterable<LogsChunk>;
  exec(signal: AbortSignal): BidiCall<StreamInput, StreamOutput>;
  attach(signal: AbortSignal): BidiCall<StreamInput, StreamOutput>;
  portForward(signal: AbortSignal): BidiCall<PortForwardInput, PortForwardOutput>;
  close(): void;
}

/** Rejects with `ApiError` when the kubelet cannot be reached or is not the node that it should be. */
export type ConnectNode = (target: NodeTarget) => Promise<NodeConnection>;

export interface NodeCredentials {
  /** PEM: the CA of kubelet certificates, our own certificate and its key. */
  readonly ca: string | Uint8Array;
  readonly cert: string | Uint8Array;
  readonly key: string | Uint8Array;
}

/**
 * Dials kubelets over mutual TLS, each with the credentials of the moment. The certificate must carry the node's name: an address in a node's status that leads
 * elsewhere, to this server for example, is refused by identity and not by guessing at addresses (kubernetes#119270).
 */
export function grpcNodeConnector(credentials: () => NodeCredentials, clock: Clock): ConnectNode {
  return async ({ nodeName, address, port }) => {
    const host = address.includes(':') ? `[${address}]` : address;
    const client = dialGrpc(NodeClient, { targets: `${host}:${port}`, tls: { ...credentials(), serverName: nodeName }, receiveBytesMax: 4 * streamLimits.messageBytesMax });
    try {
      await connected(client, clock);
    } catch (error) {
      client.close();
      throw new ApiError('InternalError', `error dialing backend: node ${JSON.stringify(nodeName)} does not answer at ${host}:${port}`, { cause: error });
    }
    return {
      logs: (request, signal) => serverStream(client, NodeService.logs, request, { signal, clock }),
      exec: (signal) => bidi(client, NodeService.exec, { signal, clock }),
      attach: (signal) => bidi(client, NodeService.attach, { signal, clock }),
      portForward: (signal) => bidi(client, NodeService.portForward, { signal, clock }),
      close: () => client.close(),
    };
  };
}

/** For a server without a certificate for kubelets. */
export const noNodeConnector: ConnectNode = () => Promise.reject(new ApiError('ServiceUnavailable', 'this server was started without a client certificate for kubelets'));

/** Connectivity states of a gRPC channel (grpc/doc/connectivity-semantics-and-api.md) in grpc-js' numbering. */
const channelReady = 2;
const channelFailed = 3;

/** Waits until the channel stands; the first failed attempt is the answer, not a reason to try on. */
function connected(client: NodeClient, clock: Clock): Promise<void> {
  const channel = client.getChannel();
  const deadline = clock.now() + streamLimits.dialMs;
  return new Promise((resolve, reject) => {
    const look = (): void => {
      const state = channel.getConnectivityState(true);
      if (state === channelReady) resolve();
      else if (state === channelFailed) reject(new Error('the connection was refused, or the certificate does not name the node'));
      else channel.watchConnectivityState(state, deadline, (error) => (error === undefined ? look() : reject(new Error(`no connection within ${streamLimits.dialMs} ms`, { cause: error }))));
    };
    look();
  });
}

/** The error of the API for a failed call to a kubelet: the Status that it sent along, or what its gRPC code stands for. */
export function errorOfNode(thrown: unknown): ApiError {
  if (thrown instanceof ApiError) return thrown;
  if (!(thrown instanceof GrpcError)) return new ApiError('InternalError', 'the connection to the node failed', { cause: thrown });
  const reason = reasonOfCode(thrown.code);
  return statusOf(thrown) ?? new ApiError(isReason(reason) ? reason : 'InternalError', thrown.details, { cause: thrown });
}

function statusOf(error: GrpcError): ApiError | undefined {
  const [sent] = error.metadata.get(statusMetadataKey);
  if (sent === undefined) return undefined;
  try {
    return errorFromStatus(JSON.parse(sent.toString()) as Status);
  } catch {
    return undefined;
  }
}

import type { EventEmitter } from 'node:events';
import type { sendUnaryData, ServerDuplexStream, ServerUnaryCall, ServerWritableStream, UntypedServiceImplementation } from '@grpc/grpc-js';
import { toGrpcError } from './error.ts';
import type { CallContext } from './handlers.ts';
import { peerIdentity } from './peer.ts';
import type { GrpcService } from './serve.ts';

/** Asked before each call; a rejection refuses it. Undefined: nothing to ask. */
export type Guard = (method: string, credentials: () => Pick<CallContext, 'metadata' | 'identity'>) => Promise<void> | undefined;

type AnyCall = ServerUnaryCall<unknown, unknown> | ServerWritableStream<unknown, unknown> | ServerDuplexStream<unknown, unknown>;

/** The service with a guard before each of its methods that answer one request, once or with a stream. */
export function guarded(service: GrpcService, guard: Guard): GrpcService {
  const implementation: UntypedServiceImplementation = {};
  for (const [method, handle] of Object.entries(service.implementation)) {
    const run = handle as unknown as (call: AnyCall, callback?: sendUnaryData<unknown>) => void;
    const guardedCall = (call: AnyCall, callback?: sendUnaryData<unknown>): void => {
      const asked = guard(method, () => ({ metadata: call.metadata, identity: peerIdentity(call) }));
      if (asked === undefined) {
        run(call, callback);
        return;
      }
      asked.then(
        () => run(call, callback),
        (thrown: unknown) => {
          if (callback === undefined) (call as EventEmitter).emit('error', toGrpcError(thrown));
          else callback(toGrpcError(thrown));
        },
      );
    };
    implementation[method] = guardedCall as UntypedServiceImplementation[string];
  }
  return { definition: service.definition, implementation };
}

import type { EventEmitter } from 'node:events';
import type { sendUnaryData, ServerDuplexStream, ServerUnaryCall, ServerWritableStream, UntypedServiceImplementation } from '@grpc/grpc-js';
import { toGrpcError } from './error.ts';
import type { CallContext } from './handlers.ts';
import { kitHandler, kitHandlerOf, type KitHandler } from './kit-handler.ts';
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
    const made = kitHandlerOf(handle);
    implementation[method] = (made === undefined ? guardedCall : kitHandler(guardedCall, guardedHandler(made, (context) => guard(method, () => context)))) as UntypedServiceImplementation[string];
  }
  return { definition: service.definition, implementation };
}

/** The same for a server that is not grpc-js. */
function guardedHandler(inner: KitHandler, guard: (context: CallContext) => Promise<void> | undefined): KitHandler {
  if (inner.kind === 'unary') {
    const handle = (request: unknown, context: CallContext): Promise<unknown> => {
      const asked = guard(context);
      return asked === undefined ? inner.handle(request, context) : asked.then(() => inner.handle(request, context));
    };
    return { ...inner, handle };
  }
  const stream = inner.handle as (input: unknown, context: CallContext) => AsyncIterable<unknown>;
  async function* handle(input: unknown, context: CallContext): AsyncGenerator<unknown> {
    await guard(context);
    yield* stream(input, context);
  }
  return { ...inner, handle };
}

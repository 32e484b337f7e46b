import { status, type ServiceDefinition, type UntypedServiceImplementation } from '@grpc/grpc-js';
import { bidiHandler, serverStreamHandler, unaryHandler, type CallContext } from './handlers.ts';
import { kitHandlerOf, type KitHandler } from './kit-handler.ts';
import type { GrpcService } from './serve.ts';

export type CallType = 'unary' | 'server_stream' | 'bidi_stream';

/** Told what happens to the calls of one method. */
export interface MethodMeter {
  started(): void;
  /** A message came, of so many bytes. */
  received(bytes: number): void;
  sent(bytes: number): void;
  /** The call is over, with the name of its code as Go writes it: `OK`, `NotFound`. */
  handled(code: string): void;
}

/** Gives the meter of a method; asked once for each when the service is made. */
export type Meter = (service: string, method: string, type: CallType) => MethodMeter;

const types: Readonly<Record<KitHandler['kind'], CallType>> = { unary: 'unary', serverStream: 'server_stream', bidi: 'bidi_stream' };

/** The service with a meter at each of its methods. Throws for handlers that were not made by the kit. */
export function metered(service: GrpcService, meter: Meter): GrpcService {
  const definition: Record<string, ServiceDefinition[string]> = { ...service.definition };
  const implementation: UntypedServiceImplementation = {};
  for (const [name, method] of Object.entries(service.definition)) {
    const form = service.implementation[name];
    if (form === undefined) continue;
    const made = kitHandlerOf(form);
    if (made === undefined) throw new Error(`the handler of ${method.path} was not made by the kit`);
    const [, serviceName = '', methodName = ''] = method.path.split('/');
    const told = meter(serviceName, methodName, types[made.kind]);
    definition[name] = {
      ...method,
      requestDeserialize: (bytes: Buffer): unknown => {
        told.received(bytes.length);
        return method.requestDeserialize(bytes) as unknown;
      },
      responseSerialize: (value: unknown): Buffer => {
        const bytes = method.responseSerialize(value);
        told.sent(bytes.length);
        return bytes;
      },
    };
    implementation[name] = meteredForm(made, told) as UntypedServiceImplementation[string];
  }
  return { definition, implementation };
}

function meteredForm(made: KitHandler, told: MethodMeter): object {
  const failed = (thrown: unknown): void => told.handled(codeName(made.mapError(thrown).code));
  switch (made.kind) {
    case 'unary':
      return unaryHandler((request: unknown, context: CallContext) => {
        told.started();
        return made.handle(request, context).then(
          (reply) => {
            told.handled('OK');
            return reply;
          },
          (thrown: unknown) => {
            failed(thrown);
            throw thrown;
          },
        );
      }, made.mapError);
    case 'serverStream':
      return serverStreamHandler((request: unknown, context: CallContext) => {
        told.started();
        return watched(made.handle(request, context), told, failed);
      }, made.mapError);
    case 'bidi':
      return bidiHandler((messages: AsyncIterable<unknown>, context: CallContext) => {
        told.started();
        return watched(made.handle(messages, context), told, failed);
      }, made.mapError);
  }
}

/** The same messages; a stream ends once: well, with an error, or because nobody listens any more. */
function watched(messages: AsyncIterable<unknown>, told: MethodMeter, failed: (thrown: unknown) => void): AsyncIterable<unknown> {
  return {
    [Symbol.asyncIterator]: () => {
      const source = messages[Symbol.asyncIterator]();
      let isOver = false;
      const over = (tell: () => void): void => {
        if (isOver) return;
        isOver = true;
        tell();
      };
      return {
        next: () =>
          source.next().then(
            (item) => {
              if (item.done === true) over(() => told.handled('OK'));
              return item;
            },
            (thrown: unknown) => {
              over(() => failed(thrown));
              throw thrown;
            },
          ),
        return: async () => {
          over(() => told.handled('Canceled'));
          return (await source.return?.()) ?? { done: true, value: undefined };
        },
      };
    },
  };
}

/** In the order of their numbers. */
const codeNames = [
  'OK', 'Canceled', 'Unknown', 'InvalidArgument', 'DeadlineExceeded', 'NotFound', 'AlreadyExists', 'PermissionDenied', 'ResourceExhausted',
  'FailedPrecondition', 'Aborted', 'OutOfRange', 'Unimplemented', 'Internal', 'Unavailable', 'DataLoss', 'Unauthenticated',
] as const;

function codeName(code: number): string {
  return codeNames[code] ?? codeNames[status.UNKNOWN];
}

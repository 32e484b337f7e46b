import { status } from '@grpc/grpc-js';
import { descriptors } from '@rhythm/proto/descriptors';
import { ServerReflectionService, type ServerReflectionRequest, type ServerReflectionResponse } from '@rhythm/proto/reflection';
import { bidiHandler } from './handlers.ts';
import type { GrpcService } from './serve.ts';

type Descriptor = (typeof descriptors)[number];
type Answer = NonNullable<ServerReflectionResponse['messageResponse']>;

interface Tables {
  /** Full names of the services. */
  readonly services: readonly string[];
  readonly byFile: ReadonlyMap<string, Descriptor>;
  readonly bySymbol: ReadonlyMap<string, Descriptor>;
}

/** gRPC server reflection (grpc.reflection.v1) for the services given and itself: what `grpcurl` and `buf curl` ask for. */
export function reflectionService(services: readonly GrpcService[]): GrpcService {
  // Built here and not at load, so that bundles without reflection leave the descriptors out.
  const tables: Tables = {
    services: [...services.map(nameOf), nameOf({ definition: ServerReflectionService, implementation: {} })].toSorted((a, b) => (a < b ? -1 : 1)),
    byFile: new Map(descriptors.map((d) => [d.file, d])),
    bySymbol: new Map(descriptors.flatMap((d) => d.symbols.map((symbol) => [symbol, d] as const))),
  };
  return {
    definition: ServerReflectionService,
    implementation: {
      serverReflectionInfo: bidiHandler<ServerReflectionRequest, ServerReflectionResponse>(async function* (requests) {
        for await (const request of requests) yield { validHost: request.host, originalRequest: request, messageResponse: answer(request, tables) };
      }),
    },
  };
}

/** `rhythm.api.v1.Api`, off the path of any of its methods. */
function nameOf(service: GrpcService): string {
  const [method] = Object.values(service.definition);
  return method?.path.split('/')[1] ?? '';
}

function answer(request: ServerReflectionRequest, tables: Tables): Answer {
  const asked = request.messageRequest;
  switch (asked?.$case) {
    case 'listServices':
      return { $case: 'listServicesResponse', value: { service: tables.services.map((name) => ({ name })) } };
    case 'fileByFilename':
      return files(tables, tables.byFile.get(asked.value), asked.value);
    case 'fileContainingSymbol':
      return files(tables, tables.bySymbol.get(asked.value), asked.value);
    case 'allExtensionNumbersOfType':
      // None of our messages has extensions.
      return tables.bySymbol.has(asked.value) ? { $case: 'allExtensionNumbersResponse', value: { baseTypeName: asked.value, extensionNumber: [] } } : notFound(asked.value);
    case 'fileContainingExtension':
      return notFound(asked.value.containingType);
    case undefined:
      return { $case: 'errorResponse', value: { errorCode: status.INVALID_ARGUMENT, errorMessage: 'no question that this server knows' } };
  }
}

/** The file and everything it imports. */
function files(tables: Tables, descriptor: Descriptor | undefined, name: string): Answer {
  if (descriptor === undefined) return notFound(name);
  const wanted = new Set<Descriptor>();
  const add = (one: Descriptor): void => {
    wanted.add(one);
    for (const path of one.imports) {
      const imported = tables.byFile.get(path);
      if (imported !== undefined && !wanted.has(imported)) add(imported);
    }
  };
  add(descriptor);
  return { $case: 'fileDescriptorResponse', value: { fileDescriptorProto: [...wanted].map((one) => Buffer.from(one.base64, 'base64')) } };
}

function notFound(name: string): Answer {
  return { $case: 'errorResponse', value: { errorCode: status.NOT_FOUND, errorMessage: `not found: ${name}` } };
}

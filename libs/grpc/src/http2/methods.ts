import { kitHandlerOf, type KitHandler } from '../kit-handler.ts';
import type { GrpcService } from '../serve.ts';

/** A method that is served, by its path. */
export interface LeanMethod {
  readonly handler: KitHandler;
  readonly deserialize: (bytes: Buffer) => unknown;
  readonly serialize: (value: unknown) => Uint8Array;
}

/** The methods of services whose handlers the kit has made; throws for another. A method without a handler is not served. */
export function leanMethods(services: readonly GrpcService[]): ReadonlyMap<string, LeanMethod> {
  const methods = new Map<string, LeanMethod>();
  for (const { definition, implementation } of services) {
    for (const [name, { path, requestDeserialize, responseSerialize }] of Object.entries(definition)) {
      const form = implementation[name];
      if (form === undefined) continue;
      const handler = kitHandlerOf(form);
      if (handler === undefined) throw new Error(`the handler of ${path} was not made by the kit: the lean server cannot run it`);
      methods.set(path, { handler, deserialize: requestDeserialize, serialize: responseSerialize });
    }
  }
  return methods;
}

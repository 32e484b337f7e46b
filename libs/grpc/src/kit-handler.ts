import type { CallContext } from './handlers.ts';
import type { GrpcError } from './error.ts';

interface Common {
  readonly mapError: (thrown: unknown) => GrpcError;
}

/** What a handler of the kit is made of: the lean server runs it without a call of grpc-js. */
export type KitHandler =
  | (Common & { readonly kind: 'unary'; readonly handle: (request: unknown, context: CallContext) => Promise<unknown> })
  | (Common & { readonly kind: 'serverStream'; readonly handle: (request: unknown, context: CallContext) => AsyncIterable<unknown> })
  | (Common & { readonly kind: 'bidi'; readonly handle: (messages: AsyncIterable<unknown>, context: CallContext) => AsyncIterable<unknown> });

const handlers = new WeakMap<object, KitHandler>();

/** Remembers what grpc-js' form of a handler was made of, and returns it. */
export function kitHandler<F extends object>(form: F, handler: KitHandler): F {
  handlers.set(form, handler);
  return form;
}

/** What a handler was made of; undefined when it was not made by the kit. */
export function kitHandlerOf(form: object): KitHandler | undefined {
  return handlers.get(form);
}

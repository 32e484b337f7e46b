/**
 * The kit over grpc-js: servers, clients, calls as promises and async iterables, identities, errors.
 * Only this library and `@rhythm/proto` import grpc-js; it may import `base` and `proto`.
 */
export * from './calls.ts';
export * from './dial.ts';
export * from './error.ts';
export * from './guard.ts';
export * from './handlers.ts';
export * from './health.ts';
export * from './kit.ts';
export * from './meter.ts';
export * from './outbox.ts';
export * from './peer.ts';
export * from './reflection.ts';
export * from './serve.ts';
export * from './session-limits.ts';
export type * from './types.ts';

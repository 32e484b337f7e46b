/**
 * The Kubernetes API as components use it, over a transport: the gRPC session, or in process. May import `base`,
 * `api`, `proto` and `grpc`. `@rhythm/client/fake` is an API server in memory for tests.
 */
export * from './api-client.ts';
export * from './connect-api.ts';
export * from './in-process-transport.ts';
export * from './kubeconfig.ts';
export * from './session/session-transport.ts';
export { apiClient } from './transport-client.ts';
export type * from './transport.ts';
export * from './connect-files.ts';

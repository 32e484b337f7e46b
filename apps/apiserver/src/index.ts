/**
 * The apiserver: the only door to the store. `start` wires both faces onto one pipeline. Files in the order in which
 * a request travels: http/ and grpc/ (faces), pipeline/, auth/, flow-control/, admission/, steps/, subresources/, registry/ (objects
 * and keys), watch-cache/, render/; beside them discovery/ and bootstrap/.
 */
export * from './start.ts';
export type { ApiPipeline, ObjectReader, ResourceRequest, ResourceResponse, ResourceWatch } from './ports/types.ts';
export type { ResourceCall, ResourceHandler, UpgradeHandler, HandlerResult } from './ports/handlers.ts';

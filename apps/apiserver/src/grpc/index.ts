/**
 * The gRPC face of the apiserver (`rhythm.api.v1`): sessions and unary methods on the pipeline. Knows frames, credit
 * and limits; authentication, authorisation and everything else of a request is the pipeline's.
 */
export * from './api-service.ts';
export * from './limits.ts';

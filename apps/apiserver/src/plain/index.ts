/**
 * An API server without semantics, for one purpose: a test that passes against it as well tests nothing of Kubernetes (e2e/conformance). Imported
 * by `main.ts` alone; uses the store, discovery and OpenAPI, never the pipeline.
 */
export * from './plain-server.ts';

export * from './json-log.ts';
export * from './serve-health.ts';
export * from './serve-pages.ts';
export { exponentialBuckets, Histogram } from './metrics/histogram.ts';
export * from './metrics/process-metrics.ts';
export * from './metrics/registry.ts';

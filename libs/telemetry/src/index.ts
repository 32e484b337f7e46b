export * from './json-log.ts';
export * from './serve-health.ts';

export * from './json-log.ts';

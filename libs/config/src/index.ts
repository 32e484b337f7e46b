export * from './api-flags.ts';
export * from './endpoint-file.ts';
export * from './flags.ts';
export * from './live-files.ts';
export * from './run-app.ts';

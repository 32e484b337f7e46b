export * from './resource.ts';
export * from './gen/resources.ts';
export * from './status.ts';

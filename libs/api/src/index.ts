export * from './resource.ts';
export * from './gen/resources.ts';
export * from './status.ts';
export * from './schema/node.ts';
export * from './kinds/kind.ts';

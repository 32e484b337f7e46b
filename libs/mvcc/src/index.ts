/**
 * The multi-version key-value state behind the store: commands in; writes, read plans, replies and events out.
 * Pure: imports only `base`, knows no wire format, no disk and no time. The layout on disk is in docs/store.md.
 */
export * from './check.ts';
export * from './disk-key.ts';
export * from './errors.ts';
export * from './key.ts';
export * from './key-value.ts';
export * from './lease-times.ts';
export * from './leases.ts';
export * from './mvcc.ts';
export * from './range.ts';
export * from './reply.ts';
export * from './types.ts';
export * from './watchers.ts';

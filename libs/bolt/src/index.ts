/**
 * The database file of etcd: bbolt's pages, B+ trees of buckets within buckets, and checksums. `measureBolt` and `boltPages` write a file in one
 * forward stream, `BoltFile` reads and checks one page by page; neither needs more memory than a few pages.
 * Pure: imports only `base`; files come in through the `BoltSource` port.
 */
export * from './bolt-file.ts';
export * from './bucket-reader.ts';
export { BoltError } from './error.ts';
export { pageBytesDefault, type BoltMeta } from './meta.ts';
export * from './source.ts';
export * from './write.ts';

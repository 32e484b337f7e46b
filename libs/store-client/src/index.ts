/** The `Store` port of the apiserver and its adapters: any etcd v3 endpoint, and a whole store in memory. */
export * from './etcd-store.ts';
export * from './memory-store.ts';
export * from './store.ts';

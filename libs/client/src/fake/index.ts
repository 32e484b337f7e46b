/**
 * An API server in memory, for tests of components: versions, conflicts, uids, finalizers, graceful deletion of
 * pods, status apart from the rest, watches with selectors. No admission, no defaulting, no validation.
 */
export * from './fake-api-client.ts';

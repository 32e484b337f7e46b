/**
 * Objects encrypted at rest, as EncryptionConfiguration says: a store in front of the store. Between the watch caches and the `Store` port; nothing else of
 * the apiserver knows of it. Forms and prefixes are Kubernetes', keys never show in logs or errors. docs/encryption.md says how to use it.
 */
export { EncryptedStore } from './encrypted-store.ts';
export { EncryptionController, type EncryptionPorts } from './encryption-controller.ts';
export { encryptionLimits } from './limits.ts';
export { EncryptionMetrics } from './metrics.ts';

/**
 * ResourceQuota: what a namespace may use is held against what it uses, before anything is written. What counts, and how much, is in
 * `@rhythm/api`; here is how it is charged without a gap. Used by `start.ts` alone, as the very last step of admission.
 */
export { quotaStore, type QuotaStore } from './quota-store.ts';
export { resourceQuota, type QuotaPorts } from './resource-quota.ts';

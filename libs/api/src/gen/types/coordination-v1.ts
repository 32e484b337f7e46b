// Generated from proto/k8s/coordination/v1.proto. Do not edit.
import type { ListMeta, ObjectMeta } from './meta-v1.ts';

export interface Lease {
  metadata: ObjectMeta;
  spec: LeaseSpec;
  kind?: string;
  apiVersion?: string;
}

export interface LeaseList {
  metadata: ListMeta;
  items: Lease[];
  kind?: string;
  apiVersion?: string;
}

export interface LeaseSpec {
  holderIdentity?: string;
  leaseDurationSeconds?: number;
  acquireTime?: string;
  renewTime?: string;
  leaseTransitions?: number;
  strategy?: string;
  preferredHolder?: string;
}

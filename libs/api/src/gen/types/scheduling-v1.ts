// Generated from proto/k8s/scheduling/v1.proto. Do not edit.
import type { ListMeta, ObjectMeta } from './meta-v1.ts';

export interface PriorityClass {
  metadata: ObjectMeta;
  value: number;
  globalDefault?: boolean;
  description?: string;
  preemptionPolicy?: string;
  kind?: string;
  apiVersion?: string;
}

export interface PriorityClassList {
  metadata: ListMeta;
  items: PriorityClass[];
  kind?: string;
  apiVersion?: string;
}

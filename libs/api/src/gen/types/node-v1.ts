// Generated from proto/k8s/node/v1.proto. Do not edit.
import type { ListMeta, ObjectMeta } from './meta-v1.ts';
import type { Toleration } from './core-v1.ts';

export interface Overhead {
  podFixed?: Record<string, string>;
}

export interface RuntimeClass {
  metadata: ObjectMeta;
  handler: string;
  overhead?: Overhead;
  scheduling?: Scheduling;
  kind?: string;
  apiVersion?: string;
}

export interface RuntimeClassList {
  metadata: ListMeta;
  items: RuntimeClass[];
  kind?: string;
  apiVersion?: string;
}

export interface Scheduling {
  nodeSelector?: Record<string, string>;
  tolerations?: Toleration[];
}

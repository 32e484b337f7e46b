// Generated from proto/k8s/policy/v1.proto. Do not edit.
import type { Condition, DeleteOptions, LabelSelector, ListMeta, ObjectMeta } from './meta-v1.ts';

export interface Eviction {
  metadata: ObjectMeta;
  deleteOptions?: DeleteOptions;
  kind?: string;
  apiVersion?: string;
}

export interface PodDisruptionBudget {
  metadata: ObjectMeta;
  spec: PodDisruptionBudgetSpec;
  status: PodDisruptionBudgetStatus;
  kind?: string;
  apiVersion?: string;
}

export interface PodDisruptionBudgetList {
  metadata: ListMeta;
  items: PodDisruptionBudget[];
  kind?: string;
  apiVersion?: string;
}

export interface PodDisruptionBudgetSpec {
  minAvailable?: number | string;
  selector?: LabelSelector;
  maxUnavailable?: number | string;
  unhealthyPodEvictionPolicy?: string;
}

export interface PodDisruptionBudgetStatus {
  observedGeneration?: number;
  disruptedPods?: Record<string, string>;
  disruptionsAllowed: number;
  currentHealthy: number;
  desiredHealthy: number;
  expectedPods: number;
  conditions?: Condition[];
}

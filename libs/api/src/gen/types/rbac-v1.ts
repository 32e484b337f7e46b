// Generated from proto/k8s/rbac/v1.proto. Do not edit.
import type { LabelSelector, ListMeta, ObjectMeta } from './meta-v1.ts';

export interface AggregationRule {
  clusterRoleSelectors?: LabelSelector[];
}

export interface ClusterRole {
  metadata: ObjectMeta;
  rules: PolicyRule[];
  aggregationRule?: AggregationRule;
  kind?: string;
  apiVersion?: string;
}

export interface ClusterRoleBinding {
  metadata: ObjectMeta;
  subjects?: Subject[];
  roleRef: RoleRef;
  kind?: string;
  apiVersion?: string;
}

export interface ClusterRoleBindingList {
  metadata: ListMeta;
  items: ClusterRoleBinding[];
  kind?: string;
  apiVersion?: string;
}

export interface ClusterRoleList {
  metadata: ListMeta;
  items: ClusterRole[];
  kind?: string;
  apiVersion?: string;
}

export interface PolicyRule {
  verbs: string[];
  apiGroups?: string[];
  resources?: string[];
  resourceNames?: string[];
  nonResourceURLs?: string[];
}

export interface Role {
  metadata: ObjectMeta;
  rules: PolicyRule[];
  kind?: string;
  apiVersion?: string;
}

export interface RoleBinding {
  metadata: ObjectMeta;
  subjects?: Subject[];
  roleRef: RoleRef;
  kind?: string;
  apiVersion?: string;
}

export interface RoleBindingList {
  metadata: ListMeta;
  items: RoleBinding[];
  kind?: string;
  apiVersion?: string;
}

export interface RoleList {
  metadata: ListMeta;
  items: Role[];
  kind?: string;
  apiVersion?: string;
}

export interface RoleRef {
  apiGroup: string;
  kind: string;
  name: string;
}

export interface Subject {
  kind: string;
  apiGroup?: string;
  name: string;
  namespace?: string;
}

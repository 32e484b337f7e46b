// Generated from proto/k8s/apiregistration/v1.proto. Do not edit.
import type { ListMeta, ObjectMeta } from './meta-v1.ts';

export interface APIService {
  metadata: ObjectMeta;
  spec: APIServiceSpec;
  status: APIServiceStatus;
  kind?: string;
  apiVersion?: string;
}

export interface APIServiceCondition {
  type: string;
  status: string;
  lastTransitionTime?: string;
  reason?: string;
  message?: string;
}

export interface APIServiceList {
  metadata: ListMeta;
  items: APIService[];
  kind?: string;
  apiVersion?: string;
}

export interface APIServiceSpec {
  service?: ServiceReference;
  group?: string;
  version?: string;
  insecureSkipTLSVerify?: boolean;
  caBundle?: string;
  groupPriorityMinimum: number;
  versionPriority: number;
}

export interface APIServiceStatus {
  conditions?: APIServiceCondition[];
}

export interface ServiceReference {
  namespace?: string;
  name?: string;
  port?: number;
}

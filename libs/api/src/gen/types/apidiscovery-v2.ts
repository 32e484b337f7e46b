// Generated from proto/k8s/apidiscovery/v2.proto. Do not edit.
import type { GroupVersionKind, ListMeta, ObjectMeta } from './meta-v1.ts';

export interface APIGroupDiscovery {
  metadata: ObjectMeta;
  versions?: APIVersionDiscovery[];
  kind?: string;
  apiVersion?: string;
}

export interface APIGroupDiscoveryList {
  metadata: ListMeta;
  items: APIGroupDiscovery[];
  kind?: string;
  apiVersion?: string;
}

export interface APIResourceDiscovery {
  resource: string;
  responseKind?: GroupVersionKind;
  scope: string;
  singularResource: string;
  verbs: string[];
  shortNames?: string[];
  categories?: string[];
  subresources?: APISubresourceDiscovery[];
}

export interface APISubresourceDiscovery {
  subresource: string;
  responseKind?: GroupVersionKind;
  acceptedTypes?: GroupVersionKind[];
  verbs: string[];
}

export interface APIVersionDiscovery {
  version: string;
  resources?: APIResourceDiscovery[];
  freshness?: string;
}

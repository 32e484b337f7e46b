// Generated from proto/k8s/discovery/v1.proto. Do not edit.
import type { ListMeta, ObjectMeta } from './meta-v1.ts';
import type { ObjectReference } from './core-v1.ts';

export interface Endpoint {
  addresses: string[];
  conditions: EndpointConditions;
  hostname?: string;
  targetRef?: ObjectReference;
  deprecatedTopology?: Record<string, string>;
  nodeName?: string;
  zone?: string;
  hints?: EndpointHints;
}

export interface EndpointConditions {
  ready?: boolean;
  serving?: boolean;
  terminating?: boolean;
}

export interface EndpointHints {
  forZones?: ForZone[];
  forNodes?: ForNode[];
}

export interface EndpointPort {
  name?: string;
  protocol?: string;
  port?: number;
  appProtocol?: string;
}

export interface EndpointSlice {
  metadata: ObjectMeta;
  addressType: string;
  endpoints: Endpoint[];
  ports: EndpointPort[];
  kind?: string;
  apiVersion?: string;
}

export interface EndpointSliceList {
  metadata: ListMeta;
  items: EndpointSlice[];
  kind?: string;
  apiVersion?: string;
}

export interface ForNode {
  name: string;
}

export interface ForZone {
  name: string;
}

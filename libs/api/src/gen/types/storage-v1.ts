// Generated from proto/k8s/storage/v1.proto. Do not edit.
import type { LabelSelector, ListMeta, ObjectMeta } from './meta-v1.ts';
import type { PersistentVolumeSpec, TopologySelectorTerm } from './core-v1.ts';

export interface CSIDriver {
  metadata: ObjectMeta;
  spec: CSIDriverSpec;
  kind?: string;
  apiVersion?: string;
}

export interface CSIDriverList {
  metadata: ListMeta;
  items: CSIDriver[];
  kind?: string;
  apiVersion?: string;
}

export interface CSIDriverSpec {
  attachRequired?: boolean;
  podInfoOnMount?: boolean;
  volumeLifecycleModes?: string[];
  storageCapacity?: boolean;
  fsGroupPolicy?: string;
  tokenRequests?: TokenRequest[];
  requiresRepublish?: boolean;
  seLinuxMount?: boolean;
  nodeAllocatableUpdatePeriodSeconds?: number;
  serviceAccountTokenInSecrets?: boolean;
}

export interface CSINode {
  metadata: ObjectMeta;
  spec: CSINodeSpec;
  kind?: string;
  apiVersion?: string;
}

export interface CSINodeDriver {
  name: string;
  nodeID: string;
  topologyKeys: string[];
  allocatable?: VolumeNodeResources;
}

export interface CSINodeList {
  metadata: ListMeta;
  items: CSINode[];
  kind?: string;
  apiVersion?: string;
}

export interface CSINodeSpec {
  drivers: CSINodeDriver[];
}

export interface CSIStorageCapacity {
  metadata: ObjectMeta;
  nodeTopology?: LabelSelector;
  storageClassName: string;
  capacity?: string;
  maximumVolumeSize?: string;
  kind?: string;
  apiVersion?: string;
}

export interface CSIStorageCapacityList {
  metadata: ListMeta;
  items: CSIStorageCapacity[];
  kind?: string;
  apiVersion?: string;
}

export interface StorageClass {
  metadata: ObjectMeta;
  provisioner: string;
  parameters?: Record<string, string>;
  reclaimPolicy?: string;
  mountOptions?: string[];
  allowVolumeExpansion?: boolean;
  volumeBindingMode?: string;
  allowedTopologies?: TopologySelectorTerm[];
  kind?: string;
  apiVersion?: string;
}

export interface StorageClassList {
  metadata: ListMeta;
  items: StorageClass[];
  kind?: string;
  apiVersion?: string;
}

export interface TokenRequest {
  audience: string;
  expirationSeconds?: number;
}

export interface VolumeAttachment {
  metadata: ObjectMeta;
  spec: VolumeAttachmentSpec;
  status: VolumeAttachmentStatus;
  kind?: string;
  apiVersion?: string;
}

export interface VolumeAttachmentList {
  metadata: ListMeta;
  items: VolumeAttachment[];
  kind?: string;
  apiVersion?: string;
}

export interface VolumeAttachmentSource {
  persistentVolumeName?: string;
  inlineVolumeSpec?: PersistentVolumeSpec;
}

export interface VolumeAttachmentSpec {
  attacher: string;
  source: VolumeAttachmentSource;
  nodeName: string;
}

export interface VolumeAttachmentStatus {
  attached: boolean;
  attachmentMetadata?: Record<string, string>;
  attachError?: VolumeError;
  detachError?: VolumeError;
}

export interface VolumeAttributesClass {
  metadata: ObjectMeta;
  driverName: string;
  parameters?: Record<string, string>;
  kind?: string;
  apiVersion?: string;
}

export interface VolumeAttributesClassList {
  metadata: ListMeta;
  items: VolumeAttributesClass[];
  kind?: string;
  apiVersion?: string;
}

export interface VolumeError {
  time?: string;
  message?: string;
  errorCode?: number;
}

export interface VolumeNodeResources {
  count?: number;
}

// Generated from proto/k8s/authentication/v1.proto. Do not edit.
import type { ObjectMeta } from './meta-v1.ts';

export interface BoundObjectReference {
  kind?: string;
  apiVersion?: string;
  name?: string;
  uid?: string;
}

export interface SelfSubjectReview {
  metadata: ObjectMeta;
  status: SelfSubjectReviewStatus;
  kind?: string;
  apiVersion?: string;
}

export interface SelfSubjectReviewStatus {
  userInfo: UserInfo;
}

export interface TokenRequest {
  metadata: ObjectMeta;
  spec: TokenRequestSpec;
  status: TokenRequestStatus;
  kind?: string;
  apiVersion?: string;
}

export interface TokenRequestSpec {
  audiences: string[];
  expirationSeconds: number;
  boundObjectRef: BoundObjectReference;
}

export interface TokenRequestStatus {
  token: string;
  expirationTimestamp: string;
}

export interface TokenReview {
  metadata: ObjectMeta;
  spec: TokenReviewSpec;
  status: TokenReviewStatus;
  kind?: string;
  apiVersion?: string;
}

export interface TokenReviewSpec {
  token?: string;
  audiences?: string[];
}

export interface TokenReviewStatus {
  authenticated?: boolean;
  user: UserInfo;
  audiences?: string[];
  error?: string;
}

export interface UserInfo {
  username?: string;
  uid?: string;
  groups?: string[];
  extra?: Record<string, string[]>;
}

import type { ObjectMeta } from './gen/types/meta-v1.ts';

/** Any Kubernetes object. */
export interface KubeObject {
  kind?: string;
  apiVersion?: string;
  metadata: ObjectMeta;
}

/** A served resource by group, version and plural name. The core group is ''. */
export interface ResourceRef {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
}

/** A resource together with the type of its objects; phantom, so that clients infer types. */
export interface TypedResource<T extends KubeObject = KubeObject> extends ResourceRef {
  readonly kind: string;
  readonly namespaced: boolean;
  readonly __type?: T;
}

/** `v1` or `apps/v1`. */
export function apiVersionOf(resource: { group: string; version: string }): string {
  return resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;
}

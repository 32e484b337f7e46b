import type { KindDefinition, KubeObject } from '@rhythm/api';

/** Writes that the apiserver makes itself: admission, strategy and validation as for everybody, without authentication. Reject with `ApiError`. */
export interface OwnWrites {
  create(group: string, resource: string, object: KubeObject): Promise<void>;
  /** Under the resourceVersion that `object` carries. */
  update(group: string, resource: string, object: KubeObject): Promise<void>;
  /** The same for the status, and nothing else. */
  updateStatus(group: string, resource: string, object: KubeObject): Promise<void>;
  /** Only the object with this uid. */
  delete(group: string, resource: string, namespace: string, name: string, uid: string): Promise<void>;
  /** The same in a version of the caller's choice, which need not be served: in the one that it is stored in nothing is converted. */
  deleteAs(kind: KindDefinition, namespace: string, name: string, uid: string): Promise<void>;
}

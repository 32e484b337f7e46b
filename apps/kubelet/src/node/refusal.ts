/** Why a node will not run a pod; the pod is then Failed with this reason. */
export interface Refusal {
  readonly reason: string;
  readonly message: string;
}

export const rejected = (reason: string, message: string): Refusal => ({ reason, message: `Pod was rejected: ${message}` });

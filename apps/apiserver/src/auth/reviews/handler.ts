import type { KubeObject } from '@rhythm/api';
import type { UserInfo } from '../../ports/types.ts';

/** A create of a kind that is answered and never stored. Authorised and decoded already. */
export interface CreateOnlyRequest {
  readonly user: UserInfo;
  readonly namespace: string;
  /** Of the parent, for subresources; else ''. */
  readonly name: string;
  readonly object: KubeObject;
}

/** The answer, with status 201. Rejects with `ApiError`. */
export type CreateOnlyHandler = (request: CreateOnlyRequest) => Promise<KubeObject>;

import type { ResponseHeader } from '@rhythm/proto/etcd';
import type { Host } from '../host/host.ts';

/** Who this member is; written once into its data directory. */
export interface Identity {
  readonly name: string;
  readonly clusterId: bigint;
  readonly memberId: bigint;
}

/** What all services work on. */
export interface Backend {
  readonly host: Host;
  readonly identity: Identity;
  /** Where clients reach this member, as URLs. */
  readonly clientUrls: () => readonly string[];
}

export function header(backend: Backend, revision: number): ResponseHeader {
  return {
    clusterId: backend.identity.clusterId,
    memberId: backend.identity.memberId,
    revision: BigInt(revision),
    raftTerm: BigInt(backend.host.status().term),
  };
}

import type { Clock, Log, Random } from '@rhythm/base';
import type { KubeObject } from '@rhythm/api';
import type { PodsOfNode } from './node/node-graph.ts';

/** News of the watch cache: what lets an index be rebuilt only when something changed. */
export interface ResourceChanges {
  /** Calls `listener` after each batch of changes to the resource. Returns how to stop that. */
  onChange(group: string, resource: string, listener: () => void): () => void;
  /** Resolves when listeners have been told of every change that this server itself has made. */
  settled?(group: string, resource: string): Promise<void> | undefined;
}

/**
 * Writes that the apiserver makes itself (bootstrap roles, aggregated rules), through the pipeline after
 * authorisation. Rejects with `ApiError`: AlreadyExists and Conflict mean that another apiserver was faster.
 */
export interface ObjectWriter {
  create(group: string, resource: string, object: KubeObject): Promise<void>;
  /** Under the resourceVersion that `object` carries. */
  update(group: string, resource: string, object: KubeObject): Promise<void>;
}

export interface AuthPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly changes: ResourceChanges;
  /** What nodes may read goes by the pods that are bound to them; without it nodes have only what roles give them. */
  readonly podsOf?: PodsOfNode;
}

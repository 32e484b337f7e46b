import { assert } from '@rhythm/base';
import type { NodeId } from './types.ts';

const kinds = ['add-voter', 'add-learner', 'remove'] as const;
const transitions = ['auto', 'simple', 'joint-implicit', 'joint-explicit'] as const;
const headerBytes = 2;
const stepBytes = 9;
/** Steps of one change: their number is stored in a byte. */
export const changeStepsMax = 255;

/** One member joins, becomes something else, or goes. `add-voter` promotes a learner, `add-learner` demotes a voter. */
export interface ChangeStep {
  readonly kind: (typeof kinds)[number];
  readonly id: NodeId;
}

/** A change of membership, as it goes through the log. Without steps it completes a joint change. */
export interface MembershipChange {
  readonly steps: readonly ChangeStep[];
  /** `auto`: joint only when more than one voter changes. The joint ones are completed by the leader (`implicit`) or by the host. */
  readonly transition: (typeof transitions)[number];
  /** The host's own: addresses of the new member, say. Not looked at here. */
  readonly context: Uint8Array;
}

/** The data of a `config` entry: transition, number of steps, each as kind and id (8 bytes, big endian), then the context. */
export function encodeChange(change: MembershipChange): Uint8Array {
  assert(change.steps.length <= changeStepsMax, 'a change of membership has at most 255 steps');
  const bytes = new Uint8Array(headerBytes + change.steps.length * stepBytes + change.context.length);
  const view = new DataView(bytes.buffer);
  bytes[0] = transitions.indexOf(change.transition);
  bytes[1] = change.steps.length;
  let at = headerBytes;
  for (const step of change.steps) {
    bytes[at] = kinds.indexOf(step.kind);
    view.setBigUint64(at + 1, step.id);
    at += stepBytes;
  }
  bytes.set(change.context, at);
  return bytes;
}

/** Throws for data that no version of this library wrote: the log holds something else. */
export function decodeChange(data: Uint8Array): MembershipChange {
  const transition = transitions[data[0] ?? -1];
  const steps: ChangeStep[] = [];
  const end = headerBytes + (data[1] ?? 0) * stepBytes;
  assert(transition !== undefined && data.length >= end, 'a config entry holds a change of membership');
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  for (let at = headerBytes; at < end; at += stepBytes) {
    const kind = kinds[data[at] ?? -1];
    assert(kind !== undefined, 'a step of a change adds, demotes or removes');
    steps.push({ kind, id: view.getBigUint64(at + 1) });
  }
  return { steps, transition, context: data.slice(end) };
}

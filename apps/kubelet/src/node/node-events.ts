import type { Node, NodeCondition } from '@rhythm/api/types/core-v1';

/** Something about the node that is told once, when it begins. */
export interface NodeNews {
  readonly reason: string;
  readonly message: string;
}

/** Reasons by condition: while it is True, and while it is False. */
const reasons: Readonly<Record<string, readonly [whenTrue: string, whenFalse: string]>> = {
  MemoryPressure: ['NodeHasInsufficientMemory', 'NodeHasSufficientMemory'],
  DiskPressure: ['NodeHasDiskPressure', 'NodeHasNoDiskPressure'],
  PIDPressure: ['NodeHasInsufficientPID', 'NodeHasSufficientPID'],
  Ready: ['NodeReady', 'NodeNotReady'],
};

/** What became true of a node between two states of its conditions; of a new node, all of it. Pure. */
export function conditionNews(nodeName: string, before: readonly NodeCondition[], now: readonly NodeCondition[]): NodeNews[] {
  return now.flatMap(({ type, status }) => {
    const names = Object.hasOwn(reasons, type) ? reasons[type] : undefined;
    if (names === undefined || before.find((condition) => condition.type === type)?.status === status) return [];
    return [news(nodeName, names[status === 'True' ? 0 : 1])];
  });
}

/** Whether somebody cordoned or uncordoned the node. Pure. */
export function schedulableNews(nodeName: string, before: Node, now: Node): NodeNews[] {
  const [was, is] = [before, now].map(({ spec }) => spec.unschedulable ?? false);
  return was === is ? [] : [news(nodeName, is === true ? 'NodeNotSchedulable' : 'NodeSchedulable')];
}

function news(nodeName: string, reason: string): NodeNews {
  return { reason, message: `Node ${nodeName} status is now: ${reason}` };
}

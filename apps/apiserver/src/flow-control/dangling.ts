import type { FlowSchema, FlowSchemaCondition } from '@rhythm/api/types/flowcontrol-v1';

/** The condition that tells whether a flow schema has its level, in Kubernetes' words; `undefined`: it is told already. */
export function danglingCondition({ spec, status }: FlowSchema, levels: ReadonlySet<string>, now: string): FlowSchemaCondition | undefined {
  const level = spec.priorityLevelConfiguration.name;
  const isThere = levels.has(level);
  const message = `This FlowSchema references the PriorityLevelConfiguration object named ${JSON.stringify(level)} ${isThere ? 'and it exists' : 'but there is no such object'}`;
  const wanted: FlowSchemaCondition = { type: 'Dangling', status: isThere ? 'False' : 'True', reason: isThere ? 'Found' : 'NotFound', message };
  const told = (status?.conditions ?? []).find(({ type }) => type === wanted.type);
  if (told?.status === wanted.status && told?.reason === wanted.reason && told?.message === wanted.message) return undefined;
  return { ...wanted, lastTransitionTime: told?.status === wanted.status && told?.lastTransitionTime !== undefined ? told.lastTransitionTime : now };
}

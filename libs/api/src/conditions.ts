import { formatTime, type Instant } from '@rhythm/base';

/** What a condition of any kind's status has (API conventions, "Typical status properties"). */
export interface StatusCondition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
  readonly lastTransitionTime?: string;
  readonly lastUpdateTime?: string;
}

/**
 * The conditions with `next` in the place of the one of its type, or at the end. The transition time moves only when the status does; nothing
 * changes when status, reason and message are as before.
 */
export function withCondition<C extends StatusCondition>(conditions: readonly C[] | undefined, next: Omit<C, 'lastTransitionTime' | 'lastUpdateTime'>, now: Instant, stampUpdate = false): C[] {
  const before = (conditions ?? []).find((c) => c.type === next.type);
  if (before !== undefined && before.status === next.status && before.reason === next.reason && (before.message ?? '') === (next.message ?? '')) return [...(conditions ?? [])];
  const at = formatTime(now);
  const transition = before?.status === next.status ? (before.lastTransitionTime ?? at) : at;
  const condition = { ...next, lastTransitionTime: transition, ...(stampUpdate ? { lastUpdateTime: at } : {}) } as unknown as C;
  return before === undefined ? [...(conditions ?? []), condition] : (conditions ?? []).map((c) => (c === before ? condition : c));
}

/** The conditions but the one of this type. */
export function withoutCondition<C extends StatusCondition>(conditions: readonly C[] | undefined, type: string): C[] {
  return (conditions ?? []).filter((c) => c.type !== type);
}

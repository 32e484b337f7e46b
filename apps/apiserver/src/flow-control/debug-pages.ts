import { formatTime, type Clock } from '@rhythm/base';
import type { PathHandler } from '../ports/handlers.ts';
import { uriOfAttributes } from './describe.ts';
import type { FlowControl, Visit } from './flow-control.ts';

const base = '/debug/api_priority_and_fairness/';
/** Requests that are shown of one queue. */
const requestsShownMax = 1_000;

/** What waits where, for administrators, in Kubernetes' columns. */
export function debugPages(control: FlowControl, clock: Pick<Clock, 'now' | 'monotonic'>): PathHandler {
  return async (exchange) => {
    if (!exchange.path.startsWith(base)) return false;
    const rows = dump(exchange.path.slice(base.length), control, clock, exchange.query.get('includeRequestDetails') === '1');
    if (rows === undefined) return false;
    await exchange.send(200, { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' }, Buffer.from(aligned(rows)));
    return true;
  };
}

type Row = readonly (string | number | boolean)[];

function dump(page: string, control: FlowControl, clock: Pick<Clock, 'now' | 'monotonic'>, details: boolean): Row[] | undefined {
  switch (page) {
    case 'dump_priority_levels':
      return levelRows(control);
    case 'dump_queues':
      return queueRows(control);
    case 'dump_requests':
      return requestRows(control, clock, details);
    default:
      return undefined;
  }
}

function levelRows(control: FlowControl): Row[] {
  const rows: Row[] = [['PriorityLevelName', 'ActiveQueues', 'IsIdle', 'IsQuiescing', 'WaitingRequests', 'ExecutingRequests', 'DispatchedRequests', 'RejectedRequests', 'TimedoutRequests', 'CancelledRequests']];
  for (const level of control.levels) {
    const stats = [...control.stats].filter((of) => of.level === level.name);
    const sum = (value: (of: (typeof stats)[number]) => number): number => stats.reduce((all, of) => all + value(of), 0);
    const refused = (reason: 'queue-full' | 'concurrency-limit' | 'time-out' | 'cancelled'): number => sum((of) => of.refusedTotal.get(reason) ?? 0);
    const { queues } = level;
    rows.push([level.name, [...queues.queues].length, queues.isIdle, level.leaving, queues.waiting, queues.executing, sum((of) => of.dispatchedTotal), refused('queue-full') + refused('concurrency-limit'), refused('time-out'), refused('cancelled')]);
  }
  return rows;
}

function queueRows(control: FlowControl): Row[] {
  const rows: Row[] = [['PriorityLevelName', 'Index', 'PendingRequests', 'ExecutingRequests', 'SeatsInUse', 'NextDispatchR', 'InitialSeatsSum', 'MaxSeatsSum', 'TotalWorkSum']];
  for (const level of control.levels) {
    for (const queue of level.queues.queues) {
      const initial = [...queue].reduce((sum, ticket) => sum + ticket.cost.seats, 0);
      rows.push([level.name, queue.index, queue.length, queue.executing, queue.executingSeats, seatSeconds(queue.nextStart), initial, queue.waitingSeats, seatSeconds(queue.waitingWork)]);
    }
  }
  return rows;
}

function requestRows(control: FlowControl, clock: Pick<Clock, 'now' | 'monotonic'>, details: boolean): Row[] {
  const more = details ? ['UserName', 'Verb', 'APIPath', 'Namespace', 'Name', 'APIVersion', 'Resource', 'SubResource'] : [];
  const rows: Row[] = [['PriorityLevelName', 'FlowSchemaName', 'QueueIndex', 'RequestIndexInQueue', 'FlowDistingsher', 'ArriveTime', 'InitialSeats', 'FinalSeats', 'AdditionalLatency', ...more]];
  for (const level of control.levels) {
    for (const queue of level.queues.queues) {
      let at = 0;
      for (const ticket of queue) {
        if (at >= requestsShownMax) break;
        const { flow, distinguisher, cost, arrivedAt, attributes } = ticket as Visit;
        const arrived = formatTime(clock.now() - (clock.monotonic() - arrivedAt));
        const shown = details ? [attributes.user.name, attributes.verb, uriOfAttributes(attributes), attributes.namespace, attributes.name, attributes.version, attributes.resource, attributes.subresource] : [];
        rows.push([level.name, flow.name, queue.index, at++, distinguisher, arrived, cost.seats, cost.finalSeats, `${cost.finalMs}ms`, ...shown.map(plain)]);
      }
    }
  }
  return rows;
}

function seatSeconds(seatMs: number): string {
  return `${(seatMs / 1000).toFixed(8)}ss`;
}

/** What comes from requests must not look like another line. */
function plain(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?').replaceAll(',', '%2C');
}

function aligned(rows: readonly Row[]): string {
  const cells = rows.map((row) => row.map((cell) => (typeof cell === 'string' ? plain(cell) : String(cell))));
  const widths = (cells[0] ?? []).map((_, at) => Math.max(...cells.map((row) => (row[at] ?? '').length)));
  return cells.map((row) => `${row.map((cell, at) => `${cell},`.padEnd((widths[at] ?? 0) + 2)).join('').trimEnd()}\n`).join('');
}

import type { Instant } from '@rhythm/base';
import { parseTime } from '@rhythm/base';
import type { Container, ContainerStatus, Pod } from '../../gen/types/core-v1.ts';
import { age, ageColumn, column, nameColumn, orNone, wide } from '../columns.ts';
import { humanDuration } from '../human-duration.ts';
import type { Cell, Column } from '../kind.ts';

export const podColumns: readonly Column[] = [
  nameColumn,
  column('Ready', 'string', 'Containers that are ready, of all'),
  column('Status', 'string', 'What the pod is doing, in one word'),
  column('Restarts', 'string', 'How often containers were restarted, and when last'),
  ageColumn,
  wide('IP'),
  wide('Node'),
  wide('Nominated Node'),
  wide('Readiness Gates'),
];

export function podCells(pod: Pod, now: Instant): Cell[] {
  const summary = summarise(pod);
  const { restarts, lastRestart } = summary;
  const restartsText = restarts > 0 && lastRestart !== undefined ? `${restarts} (${humanDuration(now - lastRestart)} ago)` : String(restarts);
  return [
    pod.metadata.name ?? '',
    `${summary.ready}/${summary.total}`,
    summary.status,
    restartsText,
    age(pod, now),
    orNone(pod.status?.podIPs?.[0]?.ip),
    orNone(pod.spec?.nodeName),
    orNone(pod.status?.nominatedNodeName),
    readinessGates(pod),
  ];
}

interface Summary {
  ready: number;
  readonly total: number;
  status: string;
  restarts: number;
  lastRestart: Instant | undefined;
}

/** What upstream's printPod works out of the statuses of a pod's containers. */
function summarise(pod: Pod): Summary {
  const initContainers = new Map((pod.spec?.initContainers ?? []).map((c) => [c.name, c]));
  const sidecars = [...initContainers.values()].filter(isSidecar).length;
  const summary: Summary = { ready: 0, total: (pod.spec?.containers ?? []).length + sidecars, status: ownStatus(pod), restarts: 0, lastRestart: undefined };
  const sidecarsOnly = { restarts: 0, lastRestart: undefined as Instant | undefined };
  const initializing = countInitContainers(pod, initContainers, summary, sidecarsOnly);
  if (!initializing || hasCondition(pod, 'Initialized')) {
    Object.assign(summary, sidecarsOnly);
    countContainers(pod, summary);
  }
  if (pod.metadata.deletionTimestamp !== undefined) {
    if (pod.status?.reason === 'NodeLost') summary.status = 'Unknown';
    else if (pod.status?.phase !== 'Succeeded' && pod.status?.phase !== 'Failed') summary.status = 'Terminating';
  }
  return summary;
}

/** The phase, or the reason that stands for it. */
function ownStatus(pod: Pod): string {
  const gated = (pod.status?.conditions ?? []).some((c) => c.type === 'PodScheduled' && c.reason === 'SchedulingGated');
  if (gated) return 'SchedulingGated';
  const reason = pod.status?.reason ?? '';
  return reason === '' ? (pod.status?.phase ?? '') : reason;
}

/** Whether initialisation still goes on; the first init container that is not done gives the status. */
function countInitContainers(pod: Pod, containers: ReadonlyMap<string, Container>, summary: Summary, sidecarsOnly: { restarts: number; lastRestart: Instant | undefined }): boolean {
  const statuses = pod.status?.initContainerStatuses ?? [];
  for (const [index, status] of statuses.entries()) {
    const sidecar = isSidecar(containers.get(status.name));
    countRestarts(status, summary);
    if (sidecar) countRestarts(status, sidecarsOnly);
    const { terminated, waiting } = status.state ?? {};
    if (terminated?.exitCode === 0) continue;
    if (sidecar && status.started === true) {
      if (status.ready) summary.ready++;
      continue;
    }
    if (terminated !== undefined) summary.status = `Init:${terminatedText(terminated)}`;
    else if ((waiting?.reason ?? '') !== '' && waiting?.reason !== 'PodInitializing') summary.status = `Init:${waiting?.reason ?? ''}`;
    else summary.status = `Init:${index}/${(pod.spec?.initContainers ?? []).length}`;
    return true;
  }
  return false;
}

/** The first container that waits or has ended gives the status. */
function countContainers(pod: Pod, summary: Summary): void {
  let running = false;
  for (const status of (pod.status?.containerStatuses ?? []).toReversed()) {
    countRestarts(status, summary);
    const { waiting, terminated } = status.state ?? {};
    if ((waiting?.reason ?? '') !== '') summary.status = waiting?.reason ?? '';
    else if (terminated !== undefined) summary.status = terminatedText(terminated);
    else if (status.ready && status.state?.running !== undefined) {
      running = true;
      summary.ready++;
    }
  }
  if (summary.status === 'Completed' && running) summary.status = hasCondition(pod, 'Ready') ? 'Running' : 'NotReady';
}

function countRestarts(status: ContainerStatus, into: { restarts: number; lastRestart: Instant | undefined }): void {
  into.restarts += status.restartCount ?? 0;
  const ended = parseTime(status.lastState?.terminated?.finishedAt ?? '');
  if (ended !== undefined && ended > (into.lastRestart ?? -Infinity)) into.lastRestart = ended;
}

function terminatedText(terminated: { reason?: string; signal?: number; exitCode: number }): string {
  if ((terminated.reason ?? '') !== '') return terminated.reason ?? '';
  return (terminated.signal ?? 0) === 0 ? `ExitCode:${terminated.exitCode}` : `Signal:${terminated.signal ?? 0}`;
}

function readinessGates(pod: Pod): string {
  const gates = pod.spec?.readinessGates ?? [];
  if (gates.length === 0) return '<none>';
  return `${gates.filter((gate) => hasCondition(pod, gate.conditionType)).length}/${gates.length}`;
}

function hasCondition(pod: Pod, type: string): boolean {
  return (pod.status?.conditions ?? []).some((c) => c.type === type && c.status === 'True');
}

/** An init container that keeps running beside the others (KEP-753). */
function isSidecar(container: Container | undefined): boolean {
  return container?.restartPolicy === 'Always';
}

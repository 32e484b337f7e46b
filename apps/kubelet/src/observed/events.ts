import type { Pod } from '@rhythm/api/types/core-v1';
import type { EventRecorder } from '@rhythm/controller';

/** Events about one pod, each about one of its containers where `container` is given. */
export interface PodEvents {
  normal(reason: string, message: string, container?: string): void;
  warning(reason: string, message: string, container?: string): void;
}

/** Longest message the API takes. */
const messageLengthMax = 1024;

export function podEvents(recorder: EventRecorder, pod: Pod): PodEvents {
  const about = { ...pod, kind: 'Pod', apiVersion: 'v1' };
  const cut = (message: string): string => (message.length <= messageLengthMax ? message : `${message.slice(0, messageLengthMax - 3)}...`);
  return {
    normal: (reason, message, container) => recorder.event(about, 'Normal', reason, cut(message), fieldPath(pod, container)),
    warning: (reason, message, container) => recorder.event(about, 'Warning', reason, cut(message), fieldPath(pod, container)),
  };
}

/** Where in the pod a container is: `spec.containers{app}`, which `kubectl describe` shows before the message. */
function fieldPath(pod: Pod, container: string | undefined): string | undefined {
  if (container === undefined) return undefined;
  const named = ({ name }: { readonly name: string }): boolean => name === container;
  if (pod.spec.initContainers?.some(named) === true) return `spec.initContainers{${container}}`;
  if (pod.spec.ephemeralContainers?.some(named) === true) return `spec.ephemeralContainers{${container}}`;
  return `spec.containers{${container}}`;
}

/** For pods of which only the runtime knows. */
export const noEvents: PodEvents = { normal: () => undefined, warning: () => undefined };

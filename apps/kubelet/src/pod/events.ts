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
    normal: (reason, message) => recorder.event(about, 'Normal', reason, cut(message)),
    warning: (reason, message) => recorder.event(about, 'Warning', reason, cut(message)),
  };
}

/** For pods of which only the runtime knows. */
export const noEvents: PodEvents = { normal: () => undefined, warning: () => undefined };

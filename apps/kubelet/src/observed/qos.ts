import { parseQuantity } from '@rhythm/api';
import type { Container, Pod } from '@rhythm/api/types/core-v1';

export type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort';

/** The quality of service class that requests and limits give a pod. */
export function qosClass(pod: Pod): QosClass {
  const all: Container[] = [...(pod.spec.initContainers ?? []), ...pod.spec.containers];
  let any = false;
  let guaranteed = all.length > 0;
  for (const container of all) {
    for (const name of ['cpu', 'memory']) {
      const limit = amount(container.resources?.limits?.[name]);
      const request = amount(container.resources?.requests?.[name]) || limit;
      if (limit > 0n || request > 0n) any = true;
      if (limit === 0n || request !== limit) guaranteed = false;
    }
  }
  if (!any) return 'BestEffort';
  return guaranteed ? 'Guaranteed' : 'Burstable';
}

const amount = (text: string | undefined): bigint => (text === undefined ? 0n : parseQuantity(text).nano);

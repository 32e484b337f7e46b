import type { Namespace } from '@rhythm/api/types/core-v1';
import type { AdmissionRequest, ObjectReader } from '../ports/types.ts';

/** Hands the namespace that a request is in to `judge`, which throws what it has against it: at once where the namespace is at hand, which spares a wait. */
export function withNamespace(reader: ObjectReader, request: AdmissionRequest, judge: (namespace: Namespace | undefined) => void): Promise<void> | void {
  const { namespace: name } = request.attributes;
  const namespace = reader.atHand?.<Namespace>('', 'namespaces', '', name);
  return namespace === undefined ? reader.get<Namespace>('', 'namespaces', '', name).then(judge) : judge(namespace);
}

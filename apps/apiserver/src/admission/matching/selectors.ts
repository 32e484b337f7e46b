import { isEmptySelector, matcherOfSelector, type KubeObject } from '@rhythm/api';
import type { LabelSelector } from '@rhythm/api/types/meta-v1';
import type { Namespace } from '@rhythm/api/types/core-v1';
import type { AdmissionRequest, ObjectReader } from '../../ports/types.ts';

/** True when labels satisfy a selector; a selector that asks for nothing takes everything. */
export function selects(selector: LabelSelector | undefined, labels: Readonly<Record<string, string>>): boolean {
  return isEmpty(selector) || matcherOfSelector(selector).matches(labels);
}

/** The namespace's own labels decide, those of the request's namespace for objects in it; other cluster-scoped objects are never left out. */
export async function namespaceSelected(selector: LabelSelector | undefined, request: AdmissionRequest, reader: ObjectReader): Promise<boolean> {
  if (isEmpty(selector)) return true;
  const { kind, attributes } = request;
  if (kind.group === '' && kind.plural === 'namespaces') return selects(selector, (request.object ?? request.old)?.metadata.labels ?? {});
  if (!kind.namespaced || attributes.namespace === '') return true;
  const namespace = await reader.get<Namespace>('', 'namespaces', '', attributes.namespace);
  return selects(selector, namespace?.metadata.labels ?? {});
}

/** Either state of the object is enough: nobody leaves a policy's reach by the very change that it is to judge. */
export function objectSelected(selector: LabelSelector | undefined, { object, old }: AdmissionRequest): boolean {
  if (isEmpty(selector)) return true;
  const matches = (one: KubeObject | undefined): boolean => one !== undefined && selects(selector, one.metadata?.labels ?? {});
  return matches(object) || matches(old);
}

const isEmpty = (selector: LabelSelector | undefined): boolean => selector === undefined || isEmptySelector(selector);

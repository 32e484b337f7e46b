import type { PersistentVolumeClaim } from '../gen/types/core-v1.ts';
import type { Amounts } from '../kinds/core/pod-resources.ts';
import { compareQuantities, isQuantity, parseQuantity, quantityOf, quantityValue, type Quantity } from '../quantity.ts';
import type { KubeObject } from '../resource.ts';
import { one } from './amounts.ts';
import { nameMatches, type QuotaEvaluator } from './evaluator.ts';

const names = ['persistentvolumeclaims', 'requests.storage'];
const ofClass = '.storageclass.storage.k8s.io/';
const classAnnotation = 'volume.beta.kubernetes.io/storage-class';

/** Claims and the storage they ask for, of all classes and of each. */
export const volumeClaims: QuotaEvaluator = {
  group: '',
  resource: 'persistentvolumeclaims',
  countsUpdate: (subresource) => subresource === '',
  matches: (name) => name === 'count/persistentvolumeclaims' || names.some((known) => name === known || name.endsWith(`${ofClass}${known}`)),
  matchesScope(requirement, object) {
    if (requirement.scopeName !== 'VolumeAttributesClass') return false;
    const found = attributesClassesOf(object as PersistentVolumeClaim);
    return found.length === 0 ? nameMatches(requirement, undefined) : found.some((name) => nameMatches(requirement, name));
  },
  usage,
};

/** The class that a claim names, in its field or in the annotation that was before it; '' for none. */
export function storageClassOf({ metadata, spec }: PersistentVolumeClaim): string {
  return metadata.annotations?.[classAnnotation] ?? spec?.storageClassName ?? '';
}

function usage(object: KubeObject): Amounts {
  const claim = object as PersistentVolumeClaim;
  const result = new Map<string, Quantity>([['persistentvolumeclaims', one], ['count/persistentvolumeclaims', one]]);
  const storage = storageOf(claim);
  if (storage !== undefined) result.set('requests.storage', storage);
  const storageClass = storageClassOf(claim);
  if (storageClass === '') return result;
  result.set(`${storageClass}${ofClass}persistentvolumeclaims`, one);
  if (storage !== undefined) result.set(`${storageClass}${ofClass}requests.storage`, storage);
  return result;
}

/** Whole bytes; of an expansion that was taken back, what has been allocated all the same. */
function storageOf({ spec, status }: PersistentVolumeClaim): Quantity | undefined {
  const asked = spec?.resources?.requests?.storage;
  if (asked === undefined || !isQuantity(asked)) return undefined;
  const parsed = parseQuantity(asked);
  const wanted = quantityOf(quantityValue(parsed), parsed.format);
  const allocated = status?.allocatedResources?.storage;
  if (allocated === undefined || !isQuantity(allocated)) return wanted;
  const held = parseQuantity(allocated);
  return compareQuantities(held, wanted) > 0 ? held : wanted;
}

/** The classes that a claim has, is to have, or is on its way to. */
export function attributesClassesOf({ spec, status }: PersistentVolumeClaim): string[] {
  const all = [spec?.volumeAttributesClassName, status?.currentVolumeAttributesClassName, status?.modifyVolumeStatus?.targetVolumeAttributesClassName];
  return [...new Set(all.filter((name) => name !== undefined && name !== ''))] as string[];
}

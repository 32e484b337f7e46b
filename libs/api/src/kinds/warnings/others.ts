import type { JobSpec } from '../../gen/types/batch-v1.ts';
import type { Node, PersistentVolume, PersistentVolumeClaim, Service, ServiceAccount } from '../../gen/types/core-v1.ts';
import type { Ingress } from '../../gen/types/networking-v1.ts';
import type { RuntimeClass } from '../../gen/types/node-v1.ts';
import type { CSIStorageCapacity, StorageClass } from '../../gen/types/storage-v1.ts';
import { at, child, ofEach, together } from '../../validation/field-error.ts';
import { claimSpecWarnings } from './bytes.ts';
import { oldLabel, termWarnings } from './pod-spec.ts';
import { sourceWarnings } from './volumes.ts';

/* Warnings about single kinds, in upstream's words. */

type Annotations = Readonly<Record<string, string>> | undefined;

const has = (annotations: Annotations, name: string): boolean => annotations !== undefined && Object.hasOwn(annotations, name);

export function serviceWarnings({ metadata, spec }: Service): string[] {
  const isName = spec.type === 'ExternalName';
  const headless = spec.clusterIP === 'None' && (spec.type ?? 'ClusterIP') === 'ClusterIP';
  const external = (spec.externalIPs ?? []).length > 0;
  const hints = 'service.kubernetes.io/topology-aware-hints';
  return [
    ...(has(metadata.annotations, hints) ? [`annotation ${hints} is deprecated, please use service.kubernetes.io/topology-mode instead`] : []),
    ...(headless && (spec.loadBalancerIP ?? '') !== '' ? ['spec.loadBalancerIP is ignored for headless services'] : []),
    ...(headless && external ? ['spec.externalIPs is ignored for headless services'] : []),
    ...(headless && (spec.sessionAffinity ?? 'None') !== 'None' ? ['spec.SessionAffinity is ignored for headless services'] : []),
    ...(isName && external ? ['spec.externalIPs is ignored when spec.type is "ExternalName"'] : []),
    ...(!isName && (spec.externalName ?? '') !== '' ? ['spec.externalName is ignored when spec.type is not "ExternalName"'] : []),
    ...(spec.trafficDistribution === 'PreferClose' ? ['spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"'] : []),
  ];
}

export function ingressWarnings({ metadata }: Ingress): string[] {
  const old = metadata.annotations?.['kubernetes.io/ingress.class'];
  return old === undefined ? [] : [`annotation "kubernetes.io/ingress.class" is deprecated, please use 'spec.ingressClassName' instead`];
}

export function serviceAccountWarnings({ metadata }: ServiceAccount): string[] {
  const name = 'kubernetes.io/enforce-mountable-secrets';
  return has(metadata.annotations, name) ? [`metadata.annotations[${name}]: deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets`] : [];
}

export function nodeWarnings({ spec }: Node): string[] {
  return [
    ...(spec?.configSource === undefined ? [] : ['spec.configSource: the feature is removed']),
    ...((spec?.externalID ?? '') === '' ? [] : ['spec.externalID: this field is deprecated, and is unused by Kubernetes']),
  ];
}

/** Beyond these numbers the status of an indexed job may not hold all the indexes that failed. */
const manyCompletions = 100_000;
const manyAtOnce = 10_000;

/** Warnings about a job but for its template, whose own stand below. */
export function jobWarnings(spec: JobSpec | undefined, path: string): string[] {
  const many = spec?.completionMode === 'Indexed' && (spec.completions ?? 0) > manyCompletions && (spec.parallelism ?? 0) > manyAtOnce;
  return many ? [`${path}: In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail`] : [];
}

export function claimWarnings({ metadata, spec }: PersistentVolumeClaim): string[] {
  return [...betaClassWarnings(metadata.annotations), ...claimSpecWarnings(spec, 'spec')];
}

export function volumeWarnings({ metadata, spec }: PersistentVolume): string[] {
  const mounts = 'volume.beta.kubernetes.io/mount-options';
  const recycle = 'spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.';
  return together(
    betaClassWarnings(metadata.annotations),
    has(metadata.annotations, mounts) ? [`metadata.annotations[${mounts}]: deprecated since v1.31; use "mountOptions" attribute instead`] : [],
    spec.persistentVolumeReclaimPolicy === 'Recycle' ? [recycle] : [],
    ofEach(spec.nodeAffinity?.required?.nodeSelectorTerms, (term, i) => termWarnings(term, at('spec.nodeAffinity.required.nodeSelectorTerms', i))),
    sourceWarnings(spec, 'spec'),
  );
}

function betaClassWarnings(annotations: Annotations): string[] {
  const name = 'volume.beta.kubernetes.io/storage-class';
  return has(annotations, name) ? [`metadata.annotations[${name}]: deprecated since v1.8; use "storageClassName" attribute instead`] : [];
}

export function runtimeClassWarnings({ scheduling }: RuntimeClass): string[] {
  return labelWarnings(Object.keys(scheduling?.nodeSelector ?? {}), () => 'scheduling.nodeSelector');
}

export function storageClassWarnings({ allowedTopologies }: StorageClass): string[] {
  return ofEach(allowedTopologies, ({ matchLabelExpressions = [] }, i) =>
    ofEach(matchLabelExpressions, ({ key }, j) => labelWarnings([key], () => `${at(child(at('allowedTopologies', i), 'matchLabelExpressions'), j)}.key`)));
}

export function storageCapacityWarnings({ nodeTopology }: CSIStorageCapacity): string[] {
  return together(
    ofEach(nodeTopology?.matchExpressions, ({ key }, i) => labelWarnings([key], () => `${at('nodeTopology.matchExpressions', i)}.key: ${key} is`, ' ')),
    labelWarnings(Object.keys(nodeTopology?.matchLabels ?? {}), (key) => `nodeTopology.matchLabels.${key}`),
  );
}

/** A warning for each of the labels that has a newer name. */
function labelWarnings(keys: readonly string[], shown: (key: string) => string, between = ': '): string[] {
  return keys.flatMap((key) => {
    const old = oldLabel(key);
    return old === undefined ? [] : [`${shown(key)}${between}${old}`];
  });
}

import type { DaemonSet, DaemonSetUpdateStrategy, Deployment, DeploymentStrategy, ReplicaSet, StatefulSet } from '../../gen/types/apps-v1.ts';
import { percentOf } from '../../int-or-string.ts';
import type { IntOrString } from '../../int-or-string.ts';
import { isEmptySelector, validateLabelSelector } from '../../selectors/label-selector.ts';
import type { FieldError } from '../../status.ts';
import { forbidden, invalidValue, notSupported, required } from '../../validation/field-error.ts';
import { checkDns1123Label } from '../../validation/names.ts';
import { isFresh } from '../../validation/object-meta.ts';
import { semanticEqual } from '../../validation/semantic-equal.ts';
import { atMost100Percent, checked, immutable, intOrPercent, nonNegative } from '../../validation/values.ts';
import { validateEndless, validateSelected, validateSelectorAndTemplate, validateTemplate } from '../pod-spec/template.ts';

const replicaSetWords = { selector: 'deployment', template: 'ReplicaSet', unreadable: 'invalid label selector' };
const statefulSetWords = { selector: 'statefulset', template: 'StatefulSet', unreadable: '' };

export function validateReplicaSet({ spec }: ReplicaSet): FieldError[] {
  return [
    ...nonNegative(spec.replicas, 'spec.replicas'),
    ...nonNegative(spec.minReadySeconds, 'spec.minReadySeconds'),
    ...validateSelectorAndTemplate(spec, replicaSetWords, 'spec'),
  ];
}

export function validateDeployment({ spec }: Deployment): FieldError[] {
  const deadline = spec.progressDeadlineSeconds;
  const errors = [
    ...nonNegative(spec.replicas, 'spec.replicas'),
    ...validateSelectorAndTemplate(spec, replicaSetWords, 'spec'),
    ...validateStrategy(spec.strategy),
    ...nonNegative(spec.minReadySeconds, 'spec.minReadySeconds'),
    ...nonNegative(spec.revisionHistoryLimit, 'spec.revisionHistoryLimit'),
    ...nonNegative(deadline, 'spec.progressDeadlineSeconds'),
  ];
  if (deadline === undefined || deadline > (spec.minReadySeconds ?? 0)) return errors;
  return [...errors, invalidValue('spec.progressDeadlineSeconds', deadline, 'must be greater than minReadySeconds')];
}

function validateStrategy(strategy: DeploymentStrategy | undefined): FieldError[] {
  const { type, rollingUpdate } = strategy ?? {};
  if (type === 'RollingUpdate') return validateRolling(rollingUpdate ?? {});
  if (type !== 'Recreate') return [notSupported('spec.strategy', inner(type, rollingUpdate), ['Recreate', 'RollingUpdate'])];
  return rollingUpdate === undefined ? [] : [forbidden('spec.strategy.rollingUpdate', "may not be specified when strategy `type` is 'Recreate'")];
}

/** What rolling updates hold when nothing is said, under the names they have inside upstream, where they have none for JSON. */
const rollingOf = { workload: { MaxUnavailable: 0, MaxSurge: 0 }, statefulSet: { Partition: 0, MaxUnavailable: null } };

/** A strategy as upstream's errors show it. */
function inner(type: string | undefined, rollingUpdate: object | undefined, unset = rollingOf.workload as object): object {
  return { Type: type ?? '', RollingUpdate: rollingUpdate === undefined ? null : innerRolling(rollingUpdate, unset) };
}

function innerRolling(rollingUpdate: object, unset: object): object {
  const members = new Map(Object.entries(rollingUpdate).map(([name, value]) => [name.toLowerCase(), value as unknown]));
  return Object.fromEntries(Object.entries(unset).map(([name, none]) => [name, members.get(name.toLowerCase()) ?? none]));
}

export function validateStatefulSet({ spec, metadata }: StatefulSet): FieldError[] {
  const { persistentVolumeClaimRetentionPolicy: retention } = spec;
  const template = spec.template?.spec === undefined ? spec.template : withClaimVolumes(spec);
  return [
    ...(isFresh(metadata) ? checked(metadata.name, 'metadata.name', checkDns1123Label) : []),
    ...validateManagement(spec),
    ...(retention === undefined ? [] : (['whenDeleted', 'whenScaled'] as const).flatMap((field) => validateRetention(retention[field], `spec.persistentVolumeClaimRetentionPolicy.${field}`))),
    ...nonNegative(spec.replicas, 'spec.replicas'),
    ...nonNegative(spec.minReadySeconds, 'spec.minReadySeconds'),
    ...nonNegative(spec.ordinals?.start, 'spec.ordinals.start'),
    ...nonNegative(spec.revisionHistoryLimit, 'spec.revisionHistoryLimit'),
    ...(isFresh(metadata) ? checked(spec.serviceName, 'spec.serviceName', checkDns1123Label) : []),
    ...validateSelectorAndTemplate({ selector: spec.selector, template }, statefulSetWords, 'spec'),
  ];
}

function validateRetention(policy: string | undefined, path: string): FieldError[] {
  return policy === 'Retain' || policy === 'Delete' ? [] : [notSupported(path, policy ?? '', ['Retain', 'Delete'])];
}

function validateManagement({ podManagementPolicy: policy, updateStrategy }: StatefulSet['spec']): FieldError[] {
  const { type, rollingUpdate } = updateStrategy ?? {};
  const path = 'spec.updateStrategy';
  const errors = policy === 'OrderedReady' || policy === 'Parallel' ? [] : [invalidValue('spec.podManagementPolicy', policy, "must be 'OrderedReady' or 'Parallel'")];
  if (type !== 'RollingUpdate' && type !== 'OnDelete') return [...errors, invalidValue(path, inner(type, rollingUpdate, rollingOf.statefulSet), "must be 'RollingUpdate' or 'OnDelete'")];
  if (rollingUpdate === undefined) return errors;
  if (type === 'OnDelete') return [...errors, invalidValue(`${path}.rollingUpdate`, innerRolling(rollingUpdate, rollingOf.statefulSet), "only allowed for updateStrategy 'RollingUpdate'")];
  const { partition, maxUnavailable } = rollingUpdate;
  const field = `${path}.rollingUpdate.maxUnavailable`;
  errors.push(...nonNegative(partition, `${path}.rollingUpdate.partition`), ...intOrPercent(maxUnavailable, field));
  if (maxUnavailable !== undefined && isZero(maxUnavailable)) errors.push(invalidValue(field, maxUnavailable, 'cannot be 0'));
  return [...errors, ...atMost100Percent(maxUnavailable, field)];
}

/** Of a stateful set only a few fields may change. */
export function validateStatefulSetUpdate({ spec }: StatefulSet, { spec: old }: StatefulSet): FieldError[] {
  const mutable = ['replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy', 'minReadySeconds'];
  const rest = (of: object): object => Object.fromEntries(Object.entries(of).filter(([key]) => !mutable.includes(key)));
  if (semanticEqual(rest(spec), rest(old))) return [];
  const names = "'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds'";
  return [forbidden('spec', `updates to statefulset spec for fields other than ${names} are forbidden`)];
}

export function validateDaemonSet({ spec }: DaemonSet): FieldError[] {
  const { selector, template } = spec;
  const wrong = validateLabelSelector(selector, 'spec.selector');
  return [
    ...wrong,
    ...(wrong.length === 0 ? validateSelected(template, selector, 'spec.template') : []),
    ...((selector ?? undefined) !== undefined && isEmptySelector(selector) ? [invalidValue('spec.selector', selector, 'empty selector is invalid for daemonset')] : []),
    ...(template === undefined ? [required('spec.template')] : validateTemplate(template, 'spec.template')),
    ...validateEndless(template, 'spec.template', 'DaemonSet'),
    ...nonNegative(spec.minReadySeconds, 'spec.minReadySeconds'),
    ...validateDaemonStrategy(spec.updateStrategy),
    ...nonNegative(spec.revisionHistoryLimit, 'spec.revisionHistoryLimit'),
  ];
}

function validateDaemonStrategy(strategy: DaemonSetUpdateStrategy | undefined): FieldError[] {
  const { type, rollingUpdate: rolling } = strategy ?? {};
  const path = 'spec.updateStrategy.rollingUpdate';
  if (type === 'OnDelete') return [];
  if (type !== 'RollingUpdate') return [notSupported('spec.updateStrategy', inner(type, rolling), ['RollingUpdate', 'OnDelete'])];
  if (rolling === undefined) return [required(path)];
  const { maxUnavailable, maxSurge } = rolling;
  const errors = [
    ...intOrPercent(maxUnavailable, `${path}.maxUnavailable`),
    ...intOrPercent(maxSurge, `${path}.maxSurge`),
    ...atMost100Percent(maxUnavailable, `${path}.maxUnavailable`),
    ...atMost100Percent(maxSurge, `${path}.maxSurge`),
  ];
  if (!isZero(maxUnavailable) && !isZero(maxSurge)) errors.push(invalidValue(`${path}.maxSurge`, maxSurge, 'may not be set when maxUnavailable is non-zero'));
  if (isZero(maxUnavailable) && isZero(maxSurge)) errors.push(required(`${path}.maxUnavailable`, 'cannot be 0 when maxSurge is 0'));
  return errors;
}

/** The selector of a workload is given once. */
export function validateSelectorUpdate(object: { spec: { selector?: unknown } }, old: { spec: { selector?: unknown } }): FieldError[] {
  return immutable(object.spec?.selector, old.spec?.selector, 'spec.selector');
}

function validateRolling({ maxUnavailable, maxSurge }: { maxUnavailable?: IntOrString; maxSurge?: IntOrString }): FieldError[] {
  const path = 'spec.strategy.rollingUpdate';
  const errors = [...intOrPercent(maxUnavailable, `${path}.maxUnavailable`), ...intOrPercent(maxSurge, `${path}.maxSurge`)];
  if (isZero(maxUnavailable) && isZero(maxSurge)) errors.push(invalidValue(`${path}.maxUnavailable`, maxUnavailable, 'may not be 0 when `maxSurge` is 0'));
  return [...errors, ...atMost100Percent(maxUnavailable, `${path}.maxUnavailable`)];
}

/** A percentage or a number; of other texts the number is what they begin with, which is none. */
function isZero(value: IntOrString | undefined): boolean {
  if (value === undefined || value === 0) return true;
  return typeof value === 'string' && (percentOf(value) ?? (/^[+-]?\d{1,10}$/.test(value) ? Number(value) : 0)) === 0;
}

/** Volumes made from claim templates may be mounted like others. */
function withClaimVolumes(spec: StatefulSet['spec']): StatefulSet['spec']['template'] {
  const own = spec.template.spec.volumes ?? [];
  const ownNames = new Set(own.map((volume) => volume.name));
  const claims = (spec.volumeClaimTemplates ?? []).map((claim) => claim.metadata?.name ?? '').filter((name) => name !== '' && !ownNames.has(name));
  const volumes = [...own, ...claims.map((name) => ({ name, persistentVolumeClaim: { claimName: name } }))];
  return { ...spec.template, spec: { ...spec.template.spec, volumes } };
}

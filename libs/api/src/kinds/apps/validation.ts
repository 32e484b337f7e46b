import type { DaemonSet, Deployment, ReplicaSet, StatefulSet } from '../../gen/types/apps-v1.ts';
import type { IntOrString } from '../../int-or-string.ts';
import type { FieldError } from '../../status.ts';
import { forbidden, invalidValue, required } from '../../validation/field-error.ts';
import { checkDns1123Label } from '../../validation/names.ts';
import { isFresh } from '../../validation/object-meta.ts';
import { semanticEqual } from '../../validation/semantic-equal.ts';
import { atMost100Percent, checked, immutable, intOrPercent, nonNegative, oneOf } from '../../validation/values.ts';
import { validateWorkloadSelector, validateWorkloadTemplate } from '../pod-spec/template.ts';

export function validateReplicaSet({ spec }: ReplicaSet): FieldError[] {
  return [
    ...nonNegative(spec.replicas, 'spec.replicas'),
    ...nonNegative(spec.minReadySeconds, 'spec.minReadySeconds'),
    ...validateWorkloadSelector(spec.selector, 'deployment', 'spec.selector'),
    ...validateWorkloadTemplate(spec.template, spec.selector, 'spec.template'),
  ];
}

export function validateDeployment({ spec }: Deployment): FieldError[] {
  const { strategy } = spec;
  const errors = [
    ...nonNegative(spec.replicas, 'spec.replicas'),
    ...validateWorkloadSelector(spec.selector, 'deployment', 'spec.selector'),
    ...validateWorkloadTemplate(spec.template, spec.selector, 'spec.template'),
    ...oneOf(strategy?.type, 'spec.strategy.type', ['Recreate', 'RollingUpdate']),
    ...nonNegative(spec.minReadySeconds, 'spec.minReadySeconds'),
    ...nonNegative(spec.revisionHistoryLimit, 'spec.revisionHistoryLimit'),
    ...nonNegative(spec.progressDeadlineSeconds, 'spec.progressDeadlineSeconds'),
  ];
  if (strategy?.type === 'Recreate' && strategy.rollingUpdate !== undefined) {
    errors.push(forbidden('spec.strategy.rollingUpdate', "may not be specified when strategy `type` is 'Recreate'"));
  }
  if (strategy?.type === 'RollingUpdate') errors.push(...validateRolling(strategy.rollingUpdate ?? {}));
  const deadline = spec.progressDeadlineSeconds;
  if (deadline !== undefined && deadline <= (spec.minReadySeconds ?? 0)) {
    errors.push(invalidValue('spec.progressDeadlineSeconds', deadline, 'must be greater than minReadySeconds'));
  }
  return errors;
}

export function validateStatefulSet({ spec, metadata }: StatefulSet): FieldError[] {
  const { updateStrategy, persistentVolumeClaimRetentionPolicy: retention } = spec;
  const withClaims = spec.template?.spec === undefined ? spec.template : withClaimVolumes(spec);
  const errors = [
    ...(isFresh(metadata) ? checked(metadata.name, 'metadata.name', checkDns1123Label) : []),
    ...validateManagement(spec),
    ...(isFresh(metadata) ? checked(spec.serviceName, 'spec.serviceName', checkDns1123Label) : []),
    ...nonNegative(updateStrategy?.rollingUpdate?.partition, 'spec.updateStrategy.rollingUpdate.partition'),
    ...intOrPercent(updateStrategy?.rollingUpdate?.maxUnavailable, 'spec.updateStrategy.rollingUpdate.maxUnavailable'),
    ...atMost100Percent(updateStrategy?.rollingUpdate?.maxUnavailable, 'spec.updateStrategy.rollingUpdate.maxUnavailable'),
    ...oneOf(retention?.whenDeleted, 'spec.persistentVolumeClaimRetentionPolicy.whenDeleted', ['Retain', 'Delete']),
    ...oneOf(retention?.whenScaled, 'spec.persistentVolumeClaimRetentionPolicy.whenScaled', ['Retain', 'Delete']),
    ...nonNegative(spec.replicas, 'spec.replicas'),
    ...nonNegative(spec.minReadySeconds, 'spec.minReadySeconds'),
    ...nonNegative(spec.ordinals?.start, 'spec.ordinals.start'),
    ...nonNegative(spec.revisionHistoryLimit, 'spec.revisionHistoryLimit'),
    ...validateWorkloadSelector(spec.selector, 'statefulset', 'spec.selector'),
    ...validateWorkloadTemplate(withClaims, spec.selector, 'spec.template'),
  ];
  if (updateStrategy?.type === 'OnDelete' && updateStrategy.rollingUpdate !== undefined) {
    errors.push(invalidValue('spec.updateStrategy.rollingUpdate', updateStrategy.rollingUpdate, "only allowed for updateStrategy 'RollingUpdate'"));
  }
  if (isZero(updateStrategy?.rollingUpdate?.maxUnavailable)) {
    errors.push(invalidValue('spec.updateStrategy.rollingUpdate.maxUnavailable', updateStrategy.rollingUpdate?.maxUnavailable, 'cannot be 0'));
  }
  return errors;
}

function validateManagement({ podManagementPolicy: policy, updateStrategy }: StatefulSet['spec']): FieldError[] {
  const errors = policy === 'OrderedReady' || policy === 'Parallel' ? [] : [invalidValue('spec.podManagementPolicy', policy, "must be 'OrderedReady' or 'Parallel'")];
  if (updateStrategy?.type === 'RollingUpdate' || updateStrategy?.type === 'OnDelete') return errors;
  return [...errors, invalidValue('spec.updateStrategy', updateStrategy, "must be 'RollingUpdate' or 'OnDelete'")];
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
  const { updateStrategy } = spec;
  const path = 'spec.updateStrategy.rollingUpdate';
  const errors = [
    ...validateWorkloadSelector(spec.selector, 'daemonset', 'spec.selector'),
    ...validateWorkloadTemplate(spec.template, spec.selector, 'spec.template'),
    ...nonNegative(spec.minReadySeconds, 'spec.minReadySeconds'),
    ...nonNegative(spec.revisionHistoryLimit, 'spec.revisionHistoryLimit'),
    ...oneOf(updateStrategy?.type, 'spec.updateStrategy.type', ['RollingUpdate', 'OnDelete']),
  ];
  if (updateStrategy?.type !== 'RollingUpdate') return errors;
  const rolling = updateStrategy.rollingUpdate;
  if (rolling === undefined) return [...errors, required(path)];
  const { maxUnavailable, maxSurge } = rolling;
  for (const [field, value] of Object.entries({ maxUnavailable, maxSurge })) {
    errors.push(...intOrPercent(value, `${path}.${field}`), ...atMost100Percent(value, `${path}.${field}`));
  }
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
  const errors = [
    ...intOrPercent(maxUnavailable, `${path}.maxUnavailable`),
    ...intOrPercent(maxSurge, `${path}.maxSurge`),
    ...atMost100Percent(maxUnavailable, `${path}.maxUnavailable`),
  ];
  if (isZero(maxUnavailable) && isZero(maxSurge)) errors.push(invalidValue(`${path}.maxUnavailable`, maxUnavailable, 'may not be 0 when `maxSurge` is 0'));
  return errors;
}

function isZero(value: IntOrString | undefined): boolean {
  return value === 0 || (typeof value === 'string' && /^0+%?$/.test(value));
}

/** Volumes made from claim templates may be mounted like others. */
function withClaimVolumes(spec: StatefulSet['spec']): StatefulSet['spec']['template'] {
  const own = spec.template.spec.volumes ?? [];
  const ownNames = new Set(own.map((volume) => volume.name));
  const claims = (spec.volumeClaimTemplates ?? []).map((claim) => claim.metadata?.name ?? '').filter((name) => name !== '' && !ownNames.has(name));
  const volumes = [...own, ...claims.map((name) => ({ name, persistentVolumeClaim: { claimName: name } }))];
  return { ...spec.template, spec: { ...spec.template.spec, volumes } };
}

import type { AppArmorProfile, PodSecurityContext, PodSpec, SeccompProfile, SecurityContext } from '../../gen/types/core-v1.ts';
import type { FieldError } from '../../status.ts';
import { at, child, duplicate, invalidValue, required } from '../../validation/field-error.ts';
import { checkId } from '../../validation/names.ts';
import { oneOf } from '../../validation/values.ts';
import { relativePath } from './paths.ts';

const profiles = ['Localhost', 'RuntimeDefault', 'Unconfined'];

/** Security settings of a pod. */
export function validatePodSecurityContext(context: PodSecurityContext | undefined, path: string): FieldError[] {
  if (context === undefined) return [];
  const sysctls = new Set<string>();
  return [
    ...(['runAsUser', 'runAsGroup', 'fsGroup'] as const).flatMap((field) => validateId(context[field], child(path, field))),
    ...(context.supplementalGroups ?? []).flatMap((id, i) => validateId(id, at(child(path, 'supplementalGroups'), i))),
    ...oneOf(context.fsGroupChangePolicy, child(path, 'fsGroupChangePolicy'), ['Always', 'OnRootMismatch']),
    ...oneOf(context.supplementalGroupsPolicy, child(path, 'supplementalGroupsPolicy'), ['Merge', 'Strict']),
    ...(context.sysctls ?? []).flatMap((sysctl, i) => {
      const here = child(at(child(path, 'sysctls'), i), 'name');
      if ((sysctl.name ?? '') === '') return [required(here)];
      if (sysctls.has(sysctl.name)) return [duplicate(here, sysctl.name)];
      sysctls.add(sysctl.name);
      return [];
    }),
    ...validateSeccomp(context.seccompProfile, child(path, 'seccompProfile')),
    ...validateAppArmor(context.appArmorProfile, child(path, 'appArmorProfile')),
  ];
}

/** Security settings of a container. */
export function validateSecurityContext(context: SecurityContext | undefined, spec: PodSpec, path: string): FieldError[] {
  if (context === undefined) return [];
  const errors = [
    ...(['runAsUser', 'runAsGroup'] as const).flatMap((field) => validateId(context[field], child(path, field))),
    ...oneOf(context.procMount, child(path, 'procMount'), ['Default', 'Unmasked']),
    ...validateSeccomp(context.seccompProfile, child(path, 'seccompProfile')),
    ...validateAppArmor(context.appArmorProfile, child(path, 'appArmorProfile')),
  ];
  if (context.procMount === 'Unmasked' && spec.hostUsers !== false) {
    errors.push(invalidValue(child(path, 'procMount'), context.procMount, '`hostUsers` must be false to use `Unmasked`'));
  }
  if (context.allowPrivilegeEscalation === false) {
    if (context.privileged === true) errors.push(invalidValue(path, context, 'cannot set `allowPrivilegeEscalation` to false and `privileged` to true'));
    if (context.capabilities?.add?.includes('CAP_SYS_ADMIN') === true) {
      errors.push(invalidValue(path, context, 'cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN'));
    }
  }
  return errors;
}

function validateId(id: number | undefined, path: string): FieldError[] {
  return id === undefined ? [] : checkId(id).map((e) => invalidValue(path, id, e));
}

function validateSeccomp(profile: SeccompProfile | undefined, path: string): FieldError[] {
  if (profile === undefined) return [];
  const { type, localhostProfile } = profile;
  const field = child(path, 'localhostProfile');
  const errors = oneOf(type, child(path, 'type'), profiles, 'required');
  if (type !== 'Localhost') return localhostProfile === undefined ? errors : [...errors, invalidValue(field, profile, 'can only be set when seccomp type is Localhost')];
  return localhostProfile === undefined ? [...errors, required(field, 'must be set when seccomp type is Localhost')] : [...errors, ...relativePath(localhostProfile, field)];
}

function validateAppArmor(profile: AppArmorProfile | undefined, path: string): FieldError[] {
  if (profile === undefined) return [];
  const { type, localhostProfile } = profile;
  const field = child(path, 'localhostProfile');
  const errors = oneOf(type, child(path, 'type'), profiles, 'required');
  if (type !== 'Localhost') return localhostProfile === undefined ? errors : [...errors, invalidValue(field, localhostProfile, 'can only be set when AppArmor type is Localhost')];
  return (localhostProfile ?? '').trim() === '' ? [...errors, required(field, 'must be set when AppArmor type is Localhost')] : errors;
}

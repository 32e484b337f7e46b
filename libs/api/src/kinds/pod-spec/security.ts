import type { AppArmorProfile, PodSecurityContext, PodSpec, SeccompProfile, SecurityContext, Sysctl } from '../../gen/types/core-v1.ts';
import type { FieldError } from '../../status.ts';
import { at, child, duplicate, invalidEach, invalidValue, ofEach, required, together, tooLong } from '../../validation/field-error.ts';
import { byteLength, checkId } from '../../validation/names.ts';
import { each, oneOf } from '../../validation/values.ts';
import { relativePath } from './paths.ts';
import { validateWindowsOptions } from './windows.ts';

/** As errors show it. */
const sysctlPattern = String.raw`^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$`;
const sysctlName = new RegExp(sysctlPattern);
const sysctlLengthMax = 253;
const localProfileLengthMax = 4095;
const profiles = ['Localhost', 'RuntimeDefault', 'Unconfined'];

/** Security settings of a pod. */
export function validatePodSecurityContext(context: PodSecurityContext | undefined, spec: PodSpec, path: string): FieldError[] {
  const both = spec.shareProcessNamespace === true && spec.hostPID === true;
  const shared = both ? [invalidValue(child(path, 'shareProcessNamespace'), true, 'ShareProcessNamespace and HostPID cannot both be enabled')] : [];
  if (context === undefined) return shared;
  return together(
    (['fsGroup', 'runAsUser', 'runAsGroup'] as const).flatMap((field) => validateId(context[field], child(path, field))),
    ofEach(context.supplementalGroups, (id, i) => validateId(id, at(child(path, 'supplementalGroups'), i))),
    shared,
    validateSysctls(context.sysctls, spec, child(path, 'sysctls')),
    oneOf(context.fsGroupChangePolicy, child(path, 'fsGroupChangePolicy'), ['Always', 'OnRootMismatch']),
    validateSeccomp(context.seccompProfile, child(path, 'seccompProfile')),
    validateWindowsOptions(context.windowsOptions, child(path, 'windowsOptions')),
    validateAppArmor(context.appArmorProfile, child(path, 'appArmorProfile')),
    oneOf(context.supplementalGroupsPolicy, child(path, 'supplementalGroupsPolicy'), ['Merge', 'Strict']),
    // Volumes are relabelled as a whole while mounts with a label are not to be had.
    oneOf(context.seLinuxChangePolicy, child(path, 'seLinuxChangePolicy'), ['Recursive']),
  );
}

function validateSysctls(sysctls: readonly Sysctl[] | undefined, spec: PodSpec, path: string): FieldError[] {
  const names = new Set<string>();
  return each(sysctls, path, ({ name = '' }: Partial<Sysctl>, item) => {
    const here = child(item, 'name');
    const errors: FieldError[] = [];
    if (name === '') errors.push(required(here));
    else if (name.length > sysctlLengthMax || !sysctlName.test(name)) errors.push(invalidValue(here, name, `must have at most ${sysctlLengthMax} characters and match regex ${sysctlPattern}`));
    else if (names.has(name)) errors.push(duplicate(here, name));
    names.add(name);
    const shared = sharedNamespace(name, spec);
    return shared === '' ? errors : [...errors, invalidValue(here, name, `may not be specified when '${shared}' is true`)];
  });
}

/** The setting by which a sysctl would reach the host's own namespace. */
function sharedNamespace(name: string, { hostNetwork, hostIPC }: PodSpec): '' | 'hostNetwork' | 'hostIPC' {
  const dotted = name.replaceAll('/', '.');
  if (hostNetwork === true && dotted.startsWith('net.')) return 'hostNetwork';
  return hostIPC === true && /^(kernel\.(shm|msg|sem$)|fs\.mqueue\.)/.test(dotted) ? 'hostIPC' : '';
}

/** Security settings of a container. */
export function validateSecurityContext(context: SecurityContext | undefined, spec: PodSpec, path: string): FieldError[] {
  if (context === undefined) return [];
  const errors = together(
    (['runAsUser', 'runAsGroup'] as const).flatMap((field) => validateId(context[field], child(path, field))),
    oneOf(context.procMount, child(path, 'procMount'), ['Default', 'Unmasked']),
  );
  if (context.procMount === 'Unmasked' && spec.hostUsers !== false) {
    errors.push(invalidValue(child(path, 'procMount'), context.procMount, '`hostUsers` must be false to use `Unmasked`'));
  }
  return together(
    errors,
    validateSeccomp(context.seccompProfile, child(path, 'seccompProfile')),
    validateEscalation(context, path),
    validateWindowsOptions(context.windowsOptions, child(path, 'windowsOptions')),
    validateAppArmor(context.appArmorProfile, child(path, 'appArmorProfile')),
  );
}

/** Who has all rights, or that of an administrator, cannot be kept from getting more. */
function validateEscalation(context: SecurityContext, path: string): FieldError[] {
  if (context.allowPrivilegeEscalation !== false) return [];
  const errors = context.privileged === true ? [invalidValue(path, context, 'cannot set `allowPrivilegeEscalation` to false and `privileged` to true')] : [];
  const admin = (context.capabilities?.add ?? []).filter((name) => name === 'CAP_SYS_ADMIN');
  return together(errors, admin.map(() => invalidValue(path, context, 'cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN')));
}

function validateId(id: number | undefined, path: string): FieldError[] {
  return id === undefined ? [] : invalidEach(checkId(id), path, id);
}

function validateType(type: string | undefined, path: string, field: string): FieldError[] {
  if ((type ?? '') === '') return [required(path, `type is required when ${field} is set`)];
  return oneOf(type, path, profiles);
}

function validateSeccomp(profile: SeccompProfile | undefined, path: string): FieldError[] {
  if (profile === undefined) return [];
  const { type, localhostProfile } = profile;
  const field = child(path, 'localhostProfile');
  const errors = validateType(type, child(path, 'type'), 'seccompProfile');
  if (type === 'Localhost') return localhostProfile === undefined ? [...errors, required(field, 'must be set when seccomp type is Localhost')] : together(errors, relativePath(localhostProfile, field));
  // As upstream shows it: the fields of its own type.
  return localhostProfile === undefined ? errors : [...errors, invalidValue(field, { Type: type ?? '', LocalhostProfile: localhostProfile }, 'can only be set when seccomp type is Localhost')];
}

function validateAppArmor(profile: AppArmorProfile | undefined, path: string): FieldError[] {
  if (profile === undefined) return [];
  const { type, localhostProfile } = profile;
  const field = child(path, 'localhostProfile');
  if (type === 'Localhost') return validateLocalAppArmor(localhostProfile, field);
  const errors = validateType(type, child(path, 'type'), 'appArmorProfile');
  return localhostProfile === undefined || errors.length > 0 ? errors : [invalidValue(field, localhostProfile, 'can only be set when AppArmor type is Localhost')];
}

function validateLocalAppArmor(profile: string | undefined, path: string): FieldError[] {
  if (profile === undefined || profile === '') return [required(path, 'must be set when AppArmor type is Localhost')];
  const errors = profile === profile.trim() ? [] : [invalidValue(path, profile, 'must not be padded with whitespace')];
  return byteLength(profile) > localProfileLengthMax ? [...errors, tooLong(path, localProfileLengthMax)] : errors;
}

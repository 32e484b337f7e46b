import type { PodSpec, WindowsSecurityContextOptions } from '../../gen/types/core-v1.ts';
import type { FieldError } from '../../status.ts';
import { child, forbidden, invalidValue } from '../../validation/field-error.ts';
import { byteLength, checkDns1123Subdomain } from '../../validation/names.ts';
import { each } from '../../validation/values.ts';

const credentialKiBMax = 64;
const domainLengthMax = 256;
const userLengthMax = 104;

/** Security settings that only Windows has: whose credentials, which user. */
export function validateWindowsOptions(options: WindowsSecurityContextOptions | undefined, path: string): FieldError[] {
  if (options === undefined) return [];
  const { gmsaCredentialSpecName: name, gmsaCredentialSpec: credential, runAsUserName: user } = options;
  const errors = name === undefined ? [] : checkDns1123Subdomain(name).map((e) => invalidValue(child(path, 'gmsaCredentialSpecName'), name, e));
  const field = child(path, 'gmsaCredentialSpec');
  if (credential === '') errors.push(invalidValue(field, credential, 'gmsaCredentialSpec cannot be an empty string'));
  else if (credential !== undefined && byteLength(credential) > credentialKiBMax * 1024) errors.push(invalidValue(field, credential, `gmsaCredentialSpec size must be under ${credentialKiBMax} KiB`));
  return user === undefined ? errors : [...errors, ...checkUser(user).map((e) => invalidValue(child(path, 'runAsUserName'), user, e))];
}

const control = /\p{Cc}/u;

/** `DOMAIN\user`, the domain optional: a NetBIOS or DNS name. */
function checkUser(name: string): string[] {
  if (name === '') return ['runAsUserName cannot be an empty string'];
  if (control.test(name)) return ['runAsUserName cannot contain control characters'];
  const parts = name.split('\\');
  if (parts.length > 2) return ['runAsUserName cannot contain more than one backslash'];
  const user = parts.at(-1) ?? '';
  return [...(parts.length === 2 ? checkDomain(parts[0] ?? '') : []), ...checkUserPart(user)];
}

function checkDomain(domain: string): string[] {
  const errors = domain.length >= domainLengthMax ? [`runAsUserName's Domain length must be under ${domainLengthMax} characters`] : [];
  const netBios = /^[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}$/.test(domain);
  const dns = domain.split('.').every((label) => /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/.test(label));
  return netBios || dns ? errors : [...errors, "runAsUserName's Domain doesn't match the NetBios nor the DNS format"];
}

function checkUserPart(user: string): string[] {
  if (user === '') return ["runAsUserName's User cannot be empty"];
  const errors = user.length > userLengthMax ? [`runAsUserName's User length must not be longer than ${userLengthMax} characters`] : [];
  if (/^[. ]+$/.test(user)) errors.push("runAsUserName's User cannot contain only periods or spaces");
  if (/["/\\:;|=,+*?<>@[\]]/.test(user)) errors.push('runAsUserName\'s User cannot contain the following characters: "/\\:;|=,+*?<>@[]');
  return errors;
}

/** Containers on the host itself (KEP-1981): all of a pod's or none, and with the host's network. */
export function validateHostProcess(spec: PodSpec, path: string): FieldError[] {
  const ofPod = spec.securityContext?.windowsOptions?.hostProcess;
  const lists = ['initContainers', 'containers', 'ephemeralContainers'] as const;
  const states = lists.flatMap((list) => (spec[list] ?? []).map((container) => container.securityContext?.windowsOptions?.hostProcess));
  const errors = lists.flatMap((list) =>
    each(spec[list], child(path, list), ({ securityContext }, here) => {
      const own = securityContext?.windowsOptions?.hostProcess;
      const differs = own !== undefined && ofPod !== undefined && own !== ofPod;
      return differs ? [invalidValue(child(here, 'securityContext.windowsOptions.hostProcess'), own, `pod hostProcess value must be identical if both are specified, was ${ofPod}`)] : [];
    }),
  );
  const onHost = states.filter((own) => own ?? ofPod ?? false).length;
  if (onHost === 0) return errors;
  if (onHost < states.length) errors.push(invalidValue(path, '', 'If pod contains any hostProcess containers then all containers must be HostProcess containers'));
  if (spec.hostNetwork !== true) errors.push(invalidValue(child(path, 'hostNetwork'), false, 'hostNetwork must be true if pod contains any hostProcess containers'));
  return errors;
}

function validateLinux(spec: PodSpec, path: string): FieldError[] {
  const settings = 'securityContext.windowsOptions';
  const refusal = (here: string): FieldError => forbidden(child(here, settings), 'windows options cannot be set for a linux pod');
  const errors = spec.securityContext?.windowsOptions === undefined ? [] : [refusal(path)];
  for (const list of ['initContainers', 'containers', 'ephemeralContainers'] as const) {
    errors.push(...each(spec[list], child(path, list), ({ securityContext }, here) => (securityContext?.windowsOptions === undefined ? [] : [refusal(here)])));
  }
  return errors;
}

/** What a pod for Windows cannot have of Linux: settings of namespaces, users and modules, and resources of the pod as a whole. */
export function validateOs(spec: PodSpec, path: string): FieldError[] {
  const os = spec.os?.name;
  const security = child(path, 'securityContext');
  if (os === 'linux') return validateLinux(spec, path);
  if (os !== 'windows') return [];
  const refusal = 'cannot be set for a windows pod';
  const errors = (['hostPID', 'hostIPC'] as const).filter((field) => spec[field] === true).map((field) => forbidden(child(path, field), refusal));
  errors.push(...(['hostUsers', 'shareProcessNamespace'] as const).filter((field) => spec[field] !== undefined).map((field) => forbidden(child(path, field), refusal)));
  const linuxOfPod = ['seLinuxOptions', 'runAsUser', 'runAsGroup', 'supplementalGroups', 'supplementalGroupsPolicy', 'fsGroup', 'fsGroupChangePolicy', 'sysctls', 'seccompProfile', 'appArmorProfile', 'seLinuxChangePolicy'] as const;
  errors.push(...linuxOfPod.filter((field) => spec.securityContext?.[field] !== undefined).map((field) => forbidden(child(security, field), refusal)));
  const linuxOfContainer = ['seLinuxOptions', 'seccompProfile', 'appArmorProfile', 'capabilities', 'readOnlyRootFilesystem', 'privileged', 'allowPrivilegeEscalation', 'procMount', 'runAsUser', 'runAsGroup'] as const;
  for (const list of ['containers', 'initContainers', 'ephemeralContainers'] as const) {
    errors.push(...each(spec[list], child(path, list), ({ securityContext }, here) => linuxOfContainer.filter((field) => securityContext?.[field] !== undefined).map((field) => forbidden(child(here, `securityContext.${field}`), refusal))));
  }
  return errors;
}

import type { Container, PodSpec, WindowsSecurityContextOptions } from '../../gen/types/core-v1.ts';
import type { FieldError } from '../../status.ts';
import { child, forbidden, invalidEach, invalidValue, notSupported, required, together } from '../../validation/field-error.ts';
import { byteLength, checkDns1123Subdomain } from '../../validation/names.ts';
import { eachContainer } from './containers-of.ts';

const credentialKiBMax = 64;
const domainLengthMax = 256;
const userLengthMax = 104;

/** Security settings that only Windows has: whose credentials, which user. */
export function validateWindowsOptions(options: WindowsSecurityContextOptions | undefined, path: string): FieldError[] {
  if (options === undefined) return [];
  const { gmsaCredentialSpecName: name, gmsaCredentialSpec: credential, runAsUserName: user } = options;
  const errors = name === undefined ? [] : invalidEach(checkDns1123Subdomain(name), child(path, 'gmsaCredentialSpecName'), name);
  const field = child(path, 'gmsaCredentialSpec');
  if (credential === '') errors.push(invalidValue(field, credential, 'gmsaCredentialSpec cannot be an empty string'));
  else if (credential !== undefined && byteLength(credential) > credentialKiBMax * 1024) errors.push(invalidValue(field, credential, `gmsaCredentialSpec size must be under ${credentialKiBMax} KiB`));
  return user === undefined ? errors : together(errors, invalidEach(checkUser(user), child(path, 'runAsUserName'), user));
}

const control = /\p{Cc}/u;

/** `DOMAIN\user`, the domain optional: a NetBIOS or DNS name. */
function checkUser(name: string): string[] {
  if (name === '') return ['runAsUserName cannot be an empty string'];
  if (control.test(name)) return ['runAsUserName cannot contain control characters'];
  const parts = name.split('\\');
  if (parts.length > 2) return ['runAsUserName cannot contain more than one backslash'];
  const user = parts.at(-1) ?? '';
  return together(parts.length === 2 ? checkDomain(parts[0] ?? '') : [], checkUserPart(user));
}

function checkDomain(domain: string): string[] {
  const errors = byteLength(domain) >= domainLengthMax ? [`runAsUserName's Domain length must be under ${domainLengthMax} characters`] : [];
  const netBios = /^[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}$/.test(domain);
  const dns = domain.split('.').every((label) => /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/.test(label));
  return netBios || dns ? errors : [...errors, "runAsUserName's Domain doesn't match the NetBios nor the DNS format"];
}

function checkUserPart(user: string): string[] {
  if (user === '') return ["runAsUserName's User cannot be empty"];
  const errors = byteLength(user) > userLengthMax ? [`runAsUserName's User length must not be longer than ${userLengthMax} characters`] : [];
  if (/^[. ]+$/.test(user)) errors.push("runAsUserName's User cannot contain only periods or spaces");
  if (/["/\\:;|=,+*?<>@[\]]/.test(user)) errors.push('runAsUserName\'s User cannot contain the following characters: "/\\:;|=,+*?<>@[]');
  return errors;
}

/** Containers on the host itself (KEP-1981): all of a pod's or none, and with the host's network. */
export function validateHostProcess(spec: PodSpec, path: string): FieldError[] {
  const ofPod = spec.securityContext?.windowsOptions?.hostProcess;
  let onHost = 0;
  let all = 0;
  const errors = eachContainer(spec, path, ({ securityContext }, here) => {
    const own = securityContext?.windowsOptions?.hostProcess;
    all++;
    if (own ?? ofPod ?? false) onHost++;
    const differs = own !== undefined && ofPod !== undefined && own !== ofPod;
    return differs ? [invalidValue(child(here, 'securityContext.windowsOptions.hostProcess'), own, `pod hostProcess value must be identical if both are specified, was ${ofPod}`)] : [];
  });
  if (onHost === 0) return errors;
  if (onHost < all) errors.push(invalidValue(path, '', 'If pod contains any hostProcess containers then all containers must be HostProcess containers'));
  if (spec.hostNetwork !== true) errors.push(invalidValue(child(path, 'hostNetwork'), false, 'hostNetwork must be true if pod contains any hostProcess containers'));
  return errors;
}

const systems = ['linux', 'windows'];

/** The system a pod is for, and what it cannot have there. */
export function validateOs(spec: PodSpec, path: string): FieldError[] {
  if (spec.os === undefined) return [];
  const name = spec.os.name ?? '';
  if (name === '') return [required(child(path, 'os.name'))];
  if (!systems.includes(name)) return [notSupported(child(path, 'os'), name, systems)];
  return name === 'linux' ? validateLinux(spec, path) : validateWindows(spec, path);
}

function validateLinux(spec: PodSpec, path: string): FieldError[] {
  const refuse = ({ securityContext }: Pick<PodSpec, 'securityContext'> | Container, here: string): FieldError[] =>
    securityContext?.windowsOptions === undefined ? [] : [forbidden(child(here, 'securityContext.windowsOptions'), 'windows options cannot be set for a linux pod')];
  return together(refuse(spec, path), eachContainer(spec, path, refuse));
}

/** Settings of namespaces, users and modules, as upstream names and orders them: some are of the pod, some of its security context. */
const linuxOfPod = [
  'appArmorProfile', 'seLinuxOptions', 'hostUsers', 'hostPID', 'hostIPC', 'seccompProfile', 'fsGroup', 'fsGroupChangePolicy', 'sysctls', 'shareProcessNamespace',
  'runAsUser', 'runAsGroup', 'supplementalGroups', 'supplementalGroupsPolicy', 'seLinuxChangePolicy',
];
const ofSpec: ReadonlySet<string> = new Set(['hostUsers', 'hostPID', 'hostIPC', 'shareProcessNamespace']);
const linuxOfContainer = [
  'appArmorProfile', 'seLinuxOptions', 'seccompProfile', 'capabilities', 'readOnlyRootFilesystem', 'privileged', 'allowPrivilegeEscalation', 'procMount', 'runAsUser', 'runAsGroup',
] as const;

function validateWindows(spec: PodSpec, path: string): FieldError[] {
  const refusal = 'cannot be set for a windows pod';
  const isSet = (field: string): boolean => {
    const holder: object = ofSpec.has(field) ? spec : (spec.securityContext ?? {});
    const value: unknown = (holder as Readonly<Record<string, unknown>>)[field];
    // What is off may be said of a pod that has no such thing; a list without members is none.
    return value !== undefined && !((field === 'hostPID' || field === 'hostIPC') && value === false) && !(field === 'sysctls' && (value as readonly unknown[]).length === 0);
  };
  const errors = linuxOfPod.filter(isSet).map((field) => forbidden(child(path, ofSpec.has(field) ? field : `securityContext.${field}`), refusal));
  return together(
    errors,
    eachContainer(spec, path, ({ securityContext }, here) => linuxOfContainer.filter((field) => securityContext?.[field] !== undefined).map((field) => forbidden(child(here, `securityContext.${field}`), refusal))),
  );
}

import type { Container, Pod, PodSpec, Probe, LifecycleHandler, SELinuxOptions, SeccompProfile, Volume } from '@rhythm/api/types/core-v1';
import { containersOf } from '../../pods/containers.ts';
import type { LevelVersion } from './policy.ts';

type PodLike = Pick<Pod, 'spec'> & { readonly metadata?: { readonly annotations?: Readonly<Record<string, string>> } };

/** One rule of the Pod Security Standards. Gives what a pod does against it, or undefined. */
interface Check {
  /** Minor release that brought it. */
  readonly since: number;
  readonly violation: (pod: PodLike, minor: number) => string | undefined;
}

const quoted = (names: readonly string[]): string => names.map((name) => JSON.stringify(name)).join(', ');
const counted = (what: string, names: readonly string[]): string => `${what}${names.length === 1 ? '' : 's'} ${quoted(names)}`;
const containers = (spec: PodSpec): Container[] => [...containersOf(spec)].map(({ container }) => container);
const namesWhere = (spec: PodSpec, test: (container: Container) => boolean): string[] => containers(spec).filter(test).map(({ name }) => name);
const isWindows = ({ os }: PodSpec): boolean => os?.name === 'windows';

/** `TITLE (containers "a", "b" DO WHAT)`. */
function byContainers(title: string, does: string, test: (container: Container) => boolean): Check['violation'] {
  return ({ spec }) => {
    const names = namesWhere(spec, test);
    return names.length === 0 ? undefined : `${title} (${counted('container', names)} ${does})`;
  };
}

const addedByDefault = new Set(['AUDIT_WRITE', 'CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'FSETID', 'KILL', 'MKNOD', 'NET_BIND_SERVICE', 'SETFCAP', 'SETGID', 'SETPCAP', 'SETUID', 'SYS_CHROOT']);

function addedBeyond({ spec }: PodLike, allowed: ReadonlySet<string>): string | undefined {
  const beyond = (container: Container): string[] => (container.securityContext?.capabilities?.add ?? []).filter((name) => !allowed.has(name));
  const names = namesWhere(spec, (container) => beyond(container).length > 0);
  if (names.length === 0) return undefined;
  return `${counted('container', names)} must not include ${quoted([...new Set(containers(spec).flatMap(beyond))].sort())} in securityContext.capabilities.add`;
}

const hostNamespaces: Check['violation'] = ({ spec }) => {
  const shared = (['hostNetwork', 'hostPID', 'hostIPC'] as const).filter((field) => spec[field] === true);
  return shared.length === 0 ? undefined : `host namespaces (${shared.map((field) => `${field}=true`).join(', ')})`;
};

const hostPaths: Check['violation'] = ({ spec }) => {
  const names = (spec.volumes ?? []).filter(({ hostPath }) => hostPath !== undefined).map(({ name }) => name);
  return names.length === 0 ? undefined : `hostPath volumes (${counted('volume', names)})`;
};

const hostPorts: Check['violation'] = ({ spec }) => {
  const portsOf = (container: Container): number[] => (container.ports ?? []).map(({ hostPort }) => hostPort ?? 0).filter((port) => port !== 0);
  const names = namesWhere(spec, (container) => portsOf(container).length > 0);
  if (names.length === 0) return undefined;
  const ports = [...new Set(containers(spec).flatMap(portsOf))].sort((a, b) => a - b);
  return `hostPort (${counted('container', names)} ${names.length === 1 ? 'uses' : 'use'} hostPort${ports.length === 1 ? '' : 's'} ${ports.join(', ')})`;
};

const hostsOfProbes: Check['violation'] = ({ spec }) => {
  const hosts = (container: Container): string[] => {
    const handlers: (Probe | LifecycleHandler | undefined)[] = [container.livenessProbe, container.readinessProbe, container.startupProbe, container.lifecycle?.postStart, container.lifecycle?.preStop];
    return handlers.flatMap((handler) => [handler?.httpGet?.host ?? '', handler?.tcpSocket?.host ?? '']).filter((host) => host !== '');
  };
  const names = namesWhere(spec, (container) => hosts(container).length > 0);
  if (names.length === 0) return undefined;
  const all = [...new Set(containers(spec).flatMap(hosts))].sort();
  return `probe or lifecycle host (${counted('container', names)} ${names.length === 1 ? 'uses' : 'use'} probe or lifecycle host${all.length === 1 ? '' : 's'} ${quoted(all)})`;
};

const appArmor: Check['violation'] = ({ spec, metadata }) => {
  const bad: string[] = [];
  const isBad = (type: string | undefined): boolean => type !== undefined && type !== 'RuntimeDefault' && type !== 'Localhost';
  if (isBad(spec.securityContext?.appArmorProfile?.type)) bad.push(`pod must not set AppArmor profile type to ${JSON.stringify(spec.securityContext?.appArmorProfile?.type)}`);
  const names = namesWhere(spec, (container) => isBad(container.securityContext?.appArmorProfile?.type));
  if (names.length > 0) bad.push(`${counted('container', names)} must not set AppArmor profile type to "Unconfined"`);
  for (const [key, value] of Object.entries(metadata?.annotations ?? {})) {
    if (key.startsWith('container.apparmor.security.beta.kubernetes.io/') && value !== '' && value !== 'runtime/default' && !value.startsWith('localhost/')) bad.push(`annotation ${JSON.stringify(`${key}=${value}`)}`);
  }
  return bad.length === 0 ? undefined : `forbidden AppArmor profile${bad.length === 1 ? '' : 's'} (${bad.join(', ')})`;
};

const seLinuxTypes = new Set(['', 'container_t', 'container_init_t', 'container_kvm_t']);

const seLinux: Check['violation'] = ({ spec }, minor) => {
  const types = new Set<string>();
  let isUserSet = false;
  let isRoleSet = false;
  const isBad = (options: SELinuxOptions | undefined): boolean => {
    if (options === undefined) return false;
    const type = options.type ?? '';
    const badType = !seLinuxTypes.has(type) && !(type === 'container_engine_t' && minor >= 31);
    if (badType) types.add(type);
    if ((options.user ?? '') !== '') isUserSet = true;
    if ((options.role ?? '') !== '') isRoleSet = true;
    return badType || (options.user ?? '') !== '' || (options.role ?? '') !== '';
  };
  const setters = isBad(spec.securityContext?.seLinuxOptions) ? ['pod'] : [];
  const names = namesWhere(spec, (container) => isBad(container.securityContext?.seLinuxOptions));
  if (names.length > 0) setters.push(counted('container', names));
  if (setters.length === 0) return undefined;
  const what = [...(types.size === 0 ? [] : [`type${types.size === 1 ? '' : 's'} ${quoted([...types].sort())}`]), ...(isUserSet ? ['user may not be set'] : []), ...(isRoleSet ? ['role may not be set'] : [])];
  return `seLinuxOptions (${setters.join(' and ')} set forbidden securityContext.seLinuxOptions: ${what.join('; ')})`;
};

const unconfined: Check['violation'] = ({ spec }) => {
  const setters = spec.securityContext?.seccompProfile?.type === 'Unconfined' ? ['pod'] : [];
  const names = namesWhere(spec, ({ securityContext }) => securityContext?.seccompProfile?.type === 'Unconfined');
  if (names.length > 0) setters.push(counted('container', names));
  return setters.length === 0 ? undefined : `seccompProfile (${setters.join(' and ')} must not set securityContext.seccompProfile.type to "Unconfined")`;
};

const harmlessSysctls: ReadonlyMap<string, number> = new Map([
  ...['kernel.shm_rmid_forced', 'net.ipv4.ip_local_port_range', 'net.ipv4.tcp_syncookies', 'net.ipv4.ping_group_range', 'net.ipv4.ip_unprivileged_port_start'].map((name) => [name, 0] as const),
  ['net.ipv4.ip_local_reserved_ports', 27],
  ...['net.ipv4.tcp_keepalive_time', 'net.ipv4.tcp_fin_timeout', 'net.ipv4.tcp_keepalive_intvl', 'net.ipv4.tcp_keepalive_probes'].map((name) => [name, 29] as const),
  ...['net.ipv4.tcp_rmem', 'net.ipv4.tcp_wmem'].map((name) => [name, 32] as const),
]);

const sysctls: Check['violation'] = ({ spec }, minor) => {
  const bad = (spec.securityContext?.sysctls ?? []).map(({ name }) => name).filter((name) => minor < (harmlessSysctls.get(name) ?? Number.POSITIVE_INFINITY) || !harmlessSysctls.has(name));
  return bad.length === 0 ? undefined : `forbidden sysctls (${bad.join(', ')})`;
};

const hostProcess: Check['violation'] = ({ spec }) => {
  const setters = spec.securityContext?.windowsOptions?.hostProcess === true ? ['pod'] : [];
  const names = namesWhere(spec, ({ securityContext }) => securityContext?.windowsOptions?.hostProcess === true);
  if (names.length > 0) setters.push(counted('container', names));
  return setters.length === 0 ? undefined : `hostProcess (${setters.join(' and ')} must not set securityContext.windowsOptions.hostProcess=true)`;
};

/** What each field of a volume that the restricted level has no word against is called. */
const harmlessVolumes = new Set(['name', 'configMap', 'csi', 'downwardAPI', 'emptyDir', 'ephemeral', 'image', 'persistentVolumeClaim', 'projected', 'secret']);

const volumes: Check['violation'] = ({ spec }) => {
  const badTypes = (volume: Volume): string[] => Object.entries(volume).filter(([field, value]) => value !== undefined && !harmlessVolumes.has(field)).map(([field]) => field);
  const bad = (spec.volumes ?? []).filter((volume) => badTypes(volume).length > 0);
  if (bad.length === 0) return undefined;
  const types = [...new Set(bad.flatMap(badTypes))].sort();
  return `restricted volume types (${counted('volume', bad.map(({ name }) => name))} ${bad.length === 1 ? 'uses' : 'use'} restricted volume type${types.length === 1 ? '' : 's'} ${quoted(types)})`;
};

const capabilities: Check['violation'] = (pod, minor) => {
  if (minor >= 25 && isWindows(pod.spec)) return undefined;
  const keeping = namesWhere(pod.spec, ({ securityContext }) => securityContext?.capabilities?.drop?.includes('ALL') !== true);
  const added = addedBeyond(pod, new Set(['NET_BIND_SERVICE']));
  const what = [...(keeping.length === 0 ? [] : [`${counted('container', keeping)} must set securityContext.capabilities.drop=["ALL"]`]), ...(added === undefined ? [] : [added])];
  return what.length === 0 ? undefined : `unrestricted capabilities (${what.join('; ')})`;
};

const nonRoot: Check['violation'] = ({ spec }) => {
  const setters = spec.securityContext?.runAsNonRoot === false ? ['pod must not set securityContext.runAsNonRoot=false'] : [];
  const refusing = namesWhere(spec, ({ securityContext }) => securityContext?.runAsNonRoot === false);
  if (refusing.length > 0) setters.push(`${counted('container', refusing)} must not set securityContext.runAsNonRoot=false`);
  if (setters.length > 0) return `runAsNonRoot != true (${setters.join('; ')})`;
  const silent = spec.securityContext?.runAsNonRoot === true ? [] : namesWhere(spec, ({ securityContext }) => securityContext?.runAsNonRoot !== true);
  return silent.length === 0 ? undefined : `runAsNonRoot != true (pod or ${counted('container', silent)} must set securityContext.runAsNonRoot=true)`;
};

const rootUser: Check['violation'] = ({ spec }) => {
  const setters = spec.securityContext?.runAsUser === 0 ? ['pod'] : [];
  const names = namesWhere(spec, ({ securityContext }) => securityContext?.runAsUser === 0);
  if (names.length > 0) setters.push(counted('container', names));
  return setters.length === 0 ? undefined : `runAsUser=0 (${setters.join(' and ')} must not set runAsUser=0)`;
};

const seccomp: Check['violation'] = ({ spec }, minor) => {
  if (minor >= 25 && isWindows(spec)) return undefined;
  const isGood = (profile: SeccompProfile | undefined): boolean => profile?.type === 'RuntimeDefault' || profile?.type === 'Localhost';
  const own = spec.securityContext?.seccompProfile;
  const setters = own !== undefined && !isGood(own) ? ['pod'] : [];
  const bad = namesWhere(spec, ({ securityContext }) => securityContext?.seccompProfile !== undefined && !isGood(securityContext.seccompProfile));
  if (bad.length > 0) setters.push(counted('container', bad));
  if (setters.length > 0) return `seccompProfile (${setters.join(' and ')} must not set securityContext.seccompProfile.type to "Unconfined")`;
  const silent = isGood(own) ? [] : namesWhere(spec, ({ securityContext }) => securityContext?.seccompProfile === undefined);
  return silent.length === 0 ? undefined : `seccompProfile (pod or ${counted('container', silent)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")`;
};

/** Baseline rules that the restricted level has in a stricter form. */
const ownCapabilities: Check = {
  since: 0,
  violation: (pod) => {
    const added = addedBeyond(pod, addedByDefault);
    return added === undefined ? undefined : `non-default capabilities (${added})`;
  },
};
const ownSeccomp: Check = { since: 19, violation: unconfined };

const baseline: readonly Check[] = [
  { since: 0, violation: appArmor },
  ownCapabilities,
  { since: 0, violation: hostNamespaces },
  { since: 0, violation: hostPaths },
  { since: 0, violation: hostPorts },
  { since: 34, violation: hostsOfProbes },
  { since: 0, violation: byContainers('privileged', 'must not set securityContext.privileged=true', ({ securityContext }) => securityContext?.privileged === true) },
  { since: 0, violation: byContainers('procMount', 'must not set securityContext.procMount to "Unmasked"', ({ securityContext }) => (securityContext?.procMount ?? 'Default') !== 'Default') },
  { since: 0, violation: seLinux },
  ownSeccomp,
  { since: 0, violation: sysctls },
  { since: 0, violation: hostProcess },
];

const escalation = byContainers('allowPrivilegeEscalation != false', 'must set securityContext.allowPrivilegeEscalation=false', ({ securityContext }) => securityContext?.allowPrivilegeEscalation !== false);

const restricted: readonly Check[] = [
  { since: 8, violation: (pod, minor) => (minor >= 25 && isWindows(pod.spec) ? undefined : escalation(pod, minor)) },
  { since: 22, violation: capabilities },
  { since: 0, violation: volumes },
  { since: 0, violation: nonRoot },
  { since: 23, violation: rootUser },
  { since: 19, violation: seccomp },
];

/** What a pod does against a level (https://kubernetes.io/docs/concepts/security/pod-security-standards/), in the order of Kubernetes. */
export function violations(pod: PodLike, { level, minor }: LevelVersion): string[] {
  if (level === 'privileged') return [];
  const isReplaced = (check: Check): boolean => level === 'restricted' && ((check === ownCapabilities && minor >= 22) || (check === ownSeccomp && minor >= 19) || check.violation === hostPaths);
  const checks = [...baseline.filter((check) => !isReplaced(check)), ...(level === 'restricted' ? restricted : [])];
  return checks.flatMap(({ since, violation }) => (since > minor ? [] : (violation(pod, minor) ?? [])));
}

import type { Container, Pod } from '@rhythm/api/types/core-v1';
import { rejected, type Refusal } from './refusal.ts';

/** The sysctls that change nothing outside the pod and cannot be used against the node: Kubernetes' safe set. */
const safeSysctls: ReadonlySet<string> = new Set([
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.ip_local_reserved_ports',
  'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.ping_group_range',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_rmem',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.tcp_wmem',
]);

/** What a pod asks for its isolation and this node cannot give: it is refused, never run with less than it asks for. */
export function unsupported(pod: Pod): Refusal | undefined {
  const { spec } = pod;
  const security = spec.securityContext ?? {};
  const forbidden = (security.sysctls ?? []).find(({ name }) => !safeSysctls.has(name.replaceAll('/', '.')));
  if (forbidden !== undefined) return rejected('SysctlForbidden', `forbidden sysctl: "${forbidden.name}" not allowlisted`);
  if (spec.hostUsers === false) return rejected('UserNamespacesNotSupported', 'this node cannot give a pod user namespaces (hostUsers: false)');
  if (security.supplementalGroupsPolicy === 'Strict') return rejected('SupplementalGroupsPolicyNotSupported', 'SupplementalGroupsPolicy=Strict is not supported in this node');
  if (spec.runtimeClassName !== undefined && spec.runtimeClassName !== '') return rejected('RuntimeClassNotSupported', `this node has no other runtime than its default, RuntimeClass "${spec.runtimeClassName}" was asked for`);
  const containers: Container[] = [...(spec.initContainers ?? []), ...spec.containers];
  const profiles = [security.appArmorProfile, ...containers.map((container) => container.securityContext?.appArmorProfile)];
  if (profiles.some((profile) => profile?.type === 'Localhost')) return rejected('AppArmor', 'Cannot enforce AppArmor: profiles are not supported on this node');
  return undefined;
}

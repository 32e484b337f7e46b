import type { Pod } from '@rhythm/api/types/core-v1';

const header = '# Kubernetes-managed hosts file';

/** `/etc/hosts` of a pod: the machine's with the machine's network, otherwise loopback and the pod's own names; then the pod's aliases. */
export function hostsFile(pod: Pod, podIps: readonly string[], clusterDomain: string, hostFile: string): string {
  const base = pod.spec.hostNetwork === true ? `${header} (host network).\n${hostFile}` : `${header}.\n${loopback}${ownNames(pod, podIps, clusterDomain)}`;
  const aliases = (pod.spec.hostAliases ?? []).map((alias) => `${alias.ip}\t${(alias.hostnames ?? []).join('\t')}\n`);
  return aliases.length === 0 ? base : `${base}\n# Entries added by HostAliases.\n${aliases.join('')}`;
}

const loopback = `127.0.0.1\tlocalhost
::1\tlocalhost ip6-localhost ip6-loopback
fe00::0\tip6-localnet
fe00::0\tip6-mcastprefix
fe00::1\tip6-allnodes
fe00::2\tip6-allrouters
`;

function ownNames(pod: Pod, podIps: readonly string[], clusterDomain: string): string {
  const short = shortHostname(pod);
  const full = fullHostname(pod, clusterDomain);
  return podIps.map((ip) => (full === undefined ? `${ip}\t${short}\n` : `${ip}\t${full}\t${short}\n`)).join('');
}

/** A hostname is a DNS label: 63 characters, not ending in a dash or dot. */
const labelLengthMax = 63;

export function shortHostname(pod: Pod): string {
  const { hostname, hostnameOverride } = pod.spec;
  return (hostnameOverride ?? hostname ?? pod.metadata.name ?? '').slice(0, labelLengthMax).replace(/[-.]+$/, '');
}

/** `name.subdomain.namespace.svc.domain`; only pods with a subdomain have one. */
export function fullHostname(pod: Pod, clusterDomain: string): string | undefined {
  const { subdomain } = pod.spec;
  if (subdomain === undefined || subdomain === '') return undefined;
  return `${shortHostname(pod)}.${subdomain}.${pod.metadata.namespace}.svc.${clusterDomain}`;
}

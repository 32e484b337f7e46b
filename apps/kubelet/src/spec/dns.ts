import type { Pod } from '@rhythm/api/types/core-v1';
import type { DnsConfig } from '@rhythm/cri';

export interface ClusterDns {
  /** Absent: pods use the machine's. */
  readonly server?: string;
  readonly domain: string;
}

/** What glibc and Kubernetes accept. */
const serversMax = 3;
const searchesMax = 32;

/** The resolv.conf of a pod, by its `dnsPolicy` and `dnsConfig`. */
export function podDns(pod: Pod, cluster: ClusterDns, host: DnsConfig): DnsConfig {
  const { dnsPolicy = 'ClusterFirst', hostNetwork = false, dnsConfig } = pod.spec;
  const useCluster = cluster.server !== undefined && (dnsPolicy === 'ClusterFirstWithHostNet' || (dnsPolicy === 'ClusterFirst' && !hostNetwork));
  const base = dnsPolicy === 'None' ? { servers: [], searches: [], options: [] } : useCluster ? clusterFirst(pod, cluster, host) : host;
  return {
    servers: unique([...base.servers, ...(dnsConfig?.nameservers ?? [])]).slice(0, serversMax),
    searches: unique([...base.searches, ...(dnsConfig?.searches ?? [])]).slice(0, searchesMax),
    options: mergeOptions(base.options, dnsConfig?.options ?? []),
  };
}

function clusterFirst(pod: Pod, cluster: ClusterDns, host: DnsConfig): DnsConfig {
  const { domain } = cluster;
  const searches = domain === '' ? [] : [`${pod.metadata.namespace}.svc.${domain}`, `svc.${domain}`, domain];
  return { servers: cluster.server === undefined ? [] : [cluster.server], searches: [...searches, ...host.searches], options: ['ndots:5'] };
}

function mergeOptions(base: readonly string[], added: readonly { name?: string; value?: string }[]): string[] {
  const options = new Map(base.map((option) => [option.split(':')[0] ?? '', option]));
  for (const { name = '', value } of added) options.set(name, value === undefined ? name : `${name}:${value}`);
  return [...options.values()];
}

/** The machine's resolv.conf as values (resolv.conf(5)); the last `search` or `domain` wins. */
export function parseResolvConf(text: string): DnsConfig {
  const servers: string[] = [];
  let searches: string[] = [];
  const options: string[] = [];
  for (const line of text.split('\n')) {
    const [keyword, ...values] = line.replace(/[#;].*$/, '').trim().split(/\s+/);
    if (keyword === 'nameserver' && values[0] !== undefined) servers.push(values[0]);
    else if (keyword === 'search' || keyword === 'domain') searches = values.filter((value) => value !== '.');
    else if (keyword === 'options') options.push(...values);
  }
  return { servers: servers.slice(0, serversMax), searches, options };
}

const unique = (items: readonly string[]): string[] => [...new Set(items)];

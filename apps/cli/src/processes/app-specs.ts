import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nthAddress, parseCidr } from '../host/cidr.ts';
import { bridgeName, type ClusterConfig } from '../config/cluster-config.ts';
import { descriptionsFile } from '../config/descriptions.ts';
import { clusterPaths, containerdSocket } from '../paths.ts';
import type { ProcessSpec } from './launch.ts';

/** The repository: this file, or the bundle it ends up in, is three folders below it. */
export const repository = resolve(dirname(fileURLToPath(import.meta.url)), import.meta.url.endsWith('.ts') ? '../../../..' : '../../..');

/** The apps in the order in which they need each other. */
export const appNames = ['store', 'apiserver', 'scheduler', 'controller-manager', 'kubelet', 'proxy', 'dns'] as const;
export type AppName = (typeof appNames)[number];

export interface Addresses {
  readonly gateway: string;
  readonly apiService: string;
  readonly dnsService: string;
}

/** Addresses that follow from a cluster's ranges: the first and tenth of the services', the first of the pods'. */
export function addressesOf(config: Pick<ClusterConfig, 'podCidr' | 'serviceCidr'>): Addresses {
  const pod = parseCidr(config.podCidr);
  const service = parseCidr(config.serviceCidr);
  if (pod === undefined || service === undefined) throw new Error(`bad ranges in the cluster's configuration: ${config.podCidr}, ${config.serviceCidr}`);
  return { gateway: nthAddress(pod, 1), apiService: nthAddress(service, 1), dnsService: nthAddress(service, 10) };
}

/**
 * A bounded young generation. The store's garbage is values on their way to the disk, of which it would keep tens of megabytes; with a much smaller one they grow old, and every
 * few hundred writes the whole heap is searched. With one of 2 MB the apiserver would spend three times as long on collecting what requests leave behind.
 * All but the store, whose heap is large when it rests, make their heap small then, the young generation with it: for that they have `gc`.
 */
const nodeFlags: Partial<Record<AppName, readonly string[]>> = { store: ['--max-semi-space-size=16'], apiserver: ['--max-semi-space-size=16', '--expose-gc'] };
const otherFlags: readonly string[] = ['--expose-gc'];

/** How each app of a cluster is started (docs/processes.md); without a store where an etcd cluster is given. */
export function appSpecs(config: ClusterConfig): readonly ProcessSpec[] {
  const paths = clusterPaths(config.dir);
  return appNames
    .filter((name) => name !== 'store' || config.storeEndpoints === undefined)
    // A fake node forwards no packet.
    .filter((name) => config.fakeNodes === undefined || (name !== 'proxy' && name !== 'dns'))
    .map((name) => ({ name, bundle: join(repository, 'apps', name, 'dist/main.mjs') }))
    .filter(({ bundle }) => existsSync(bundle))
    .map(({ name, bundle }) => {
      const endpointFile = name === 'proxy' ? undefined : join(paths.run, `${name}.endpoint`);
      return { name, command: process.execPath, args: [...(nodeFlags[name] ?? otherFlags), bundle, ...flagsOf(name, config), ...(endpointFile === undefined ? [] : ['--endpoint-file', endpointFile])], endpointFile };
    });
}

function flagsOf(name: AppName, config: ClusterConfig): readonly string[] {
  const paths = clusterPaths(config.dir);
  const pki = (file: string): string => join(paths.pki, file);
  const { gateway, dnsService } = addressesOf(config);
  const client = (identity: string): Record<string, string> => ({
    api: `127.0.0.1:${config.ports.api + 1}`,
    'ca-file': pki('ca.crt'),
    'cert-file': pki(`${identity}.crt`),
    'key-file': pki(`${identity}.key`),
  });
  const flags: Record<AppName, () => Record<string, string>> = {
    store: () => ({
      name: 'store',
      'data-dir': join(paths.data, 'store'),
      host: '127.0.0.1',
      port: String(config.ports.store),
      'cert-file': pki('store.crt'),
      'key-file': pki('store.key'),
      'client-ca-file': pki('store-ca.crt'),
    }),
    apiserver: () => ({
      host: '0.0.0.0',
      port: String(config.ports.api),
      'advertise-address': config.nodeIp,
      ...storeFlags(config, pki),
      'cert-file': pki('apiserver.crt'),
      'key-file': pki('apiserver.key'),
      'client-ca-file': pki('ca.crt'),
      'service-account-key-file': pki('sa.key'),
      ...(existsSync(paths.encryption) ? { 'encryption-provider-config': paths.encryption, 'encryption-provider-config-automatic-reload': 'true' } : {}),
      'service-account-issuer': 'https://kubernetes.default.svc.cluster.local',
      'service-cidr': config.serviceCidr,
      'kubelet-client-cert-file': pki('apiserver-kubelet-client.crt'),
      'kubelet-client-key-file': pki('apiserver-kubelet-client.key'),
      'requestheader-client-ca-file': pki('front-proxy-ca.crt'),
      'requestheader-allowed-names': 'front-proxy-client',
      'proxy-client-cert-file': pki('front-proxy-client.crt'),
      'proxy-client-key-file': pki('front-proxy-client.key'),
      'descriptions-file': descriptionsFile(),
    }),
    scheduler: () => client('scheduler'),
    'controller-manager': () => ({
      ...client('controller-manager'),
      'service-account-key-file': pki('sa.key'),
      'root-ca-file': pki('ca.crt'),
      'cluster-signing-cert-file': pki('ca.crt'),
      'cluster-signing-key-file': pki('ca.key'),
      'cluster-cidr': config.podCidr,
      'service-cidr': config.serviceCidr,
    }),
    kubelet: () => (config.fakeNodes === undefined ? realKubelet() : fakeKubelet(config.fakeNodes)),
    proxy: () => ({
      ...client('proxy'),
      'node-name': config.nodeName,
      table: `rhythm_${config.id}`,
      'cluster-cidr': config.podCidr,
      bridge: bridgeName(config.id),
      dns: `${gateway}:${config.ports.dns}`,
    }),
    dns: () => ({ ...client('dns'), host: gateway, port: String(config.ports.dns), 'cluster-domain': 'cluster.local', upstream: '/etc/resolv.conf' }),
  };
  const fakeKubelet = (count: number): Record<string, string> => ({
    ...client('kubelet-fake'),
    'fake-nodes': String(count),
    'node-ip': '127.0.0.1',
    'pod-cidr': config.podCidr,
    'serving-cert-file': pki('kubelet-fake-serving.crt'),
    'serving-key-file': pki('kubelet-fake-serving.key'),
    'client-ca-file': pki('ca.crt'),
    host: '127.0.0.1',
    port: String(config.ports.kubelet),
  });
  const realKubelet = (): Record<string, string> => ({
    ...client(`kubelet-${config.nodeName}`),
    'node-name': config.nodeName,
    'node-ip': config.nodeIp,
    'runtime-endpoint': config.runtimeEndpoint ?? containerdSocket(config.id),
    'root-dir': join(paths.data, 'kubelet'),
    'cluster-dns': dnsService,
    'cluster-domain': 'cluster.local',
    'cgroup-root': `rhythm-${config.id}`,
    'pod-cidr': config.podCidr,
    'cni-conf-dir': paths.cniConf,
    'serving-cert-file': pki(`kubelet-${config.nodeName}-serving.crt`),
    'serving-key-file': pki(`kubelet-${config.nodeName}-serving.key`),
    'client-ca-file': pki('ca.crt'),
    host: '0.0.0.0',
    port: String(config.ports.kubelet),
  });
  return Object.entries(flags[name]()).flatMap(([flag, value]) => (value === 'true' ? [`--${flag}`] : [`--${flag}`, value]));
}

/** Our own store asks for a client certificate; an etcd that is given by address alone is spoken to in plain text. */
function storeFlags(config: ClusterConfig, pki: (file: string) => string): Record<string, string> {
  if (config.storeEndpoints !== undefined) return { 'store-endpoints': config.storeEndpoints.join(',') };
  return {
    'store-endpoints': `127.0.0.1:${config.ports.store}`,
    'store-ca-file': pki('store-ca.crt'),
    'store-cert-file': pki('store-client.crt'),
    'store-key-file': pki('store-client.key'),
  };
}

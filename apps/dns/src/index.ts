import { resources } from '@rhythm/api';
import type { Clock, Log, Random } from '@rhythm/base';
import type { ApiClient } from '@rhythm/client';
import type { RunningApp } from '@rhythm/config';
import { informerFactory, type InformerFactory } from '@rhythm/controller';
import { forwardTo, nameserversOf } from './forward.ts';
import type { ClusterView } from './records.ts';
import { serveDns } from './server.ts';

export interface DnsConfig {
  readonly host: string;
  readonly port: number;
  /** `cluster.local`. */
  readonly clusterDomain: string;
  /** A resolv.conf: who answers for names outside the cluster. */
  readonly upstream: string;
}

export interface DnsPorts {
  readonly client: ApiClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** Serves once the first lists are in: an answer "no such name" must be true. */
export async function start(config: DnsConfig, ports: DnsPorts): Promise<RunningApp & { readonly port: number }> {
  const informers = informerFactory(ports.client, ports);
  const view = clusterView(informers);
  await informers.synced();
  const forward = forwardTo(() => nameserversOf(config.upstream, new Set([config.host])), ports.clock);
  const server = await serveDns(config.host, config.port, { ...ports, view, domain: config.clusterDomain, forward });
  return {
    port: server.port,
    stop: async () => {
      await server.stop();
      await informers.stop();
    },
  };
}

function clusterView(informers: InformerFactory): ClusterView {
  const services = informers.informer(resources.services, {
    indexes: { clusterIP: (service) => (service.spec.clusterIPs ?? [service.spec.clusterIP ?? '']).filter((ip) => ip !== '' && ip !== 'None') },
  });
  const slices = informers.informer(resources.endpointSlices, {
    indexes: {
      service: (slice) => [`${slice.metadata.namespace}/${slice.metadata.labels?.['kubernetes.io/service-name'] ?? ''}`],
      address: (slice) => (slice.endpoints ?? []).flatMap((endpoint) => endpoint.addresses),
    },
  });
  const namespaces = informers.informer(resources.namespaces);
  return {
    service: (namespace, name) => services.get(`${namespace}/${name}`),
    slices: (namespace, service) => slices.byIndex('service', `${namespace}/${service}`),
    hasNamespace: (name) => namespaces.get(name) !== undefined,
    serviceOfIP: (ip) => services.byIndex('clusterIP', ip)[0],
    slicesOfIP: (ip) => slices.byIndex('address', ip),
  };
}

import { resources } from '@rhythm/api';
import type { Clock, Log, Random } from '@rhythm/base';
import type { ApiClient } from '@rhythm/client';
import type { RunningApp } from '@rhythm/config';
import { eventRecorder, informerFactory } from '@rhythm/controller';
import type { ApplyRuleset } from './apply-nft.ts';
import { planProxy } from './plan.ts';
import { Syncer } from './syncer.ts';

export interface ProxyConfig {
  readonly nodeName: string;
  /** nftables table of family `ip`; ours alone. */
  readonly table: string;
  readonly clusterCidr: string;
  readonly bridge: string;
  /** Where the dns app listens; queries to the DNS Service's address go there. */
  readonly dns?: { readonly ip: string; readonly port: number };
}

export interface ProxyPorts {
  readonly client: ApiClient;
  readonly apply: ApplyRuleset;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

const dnsService = 'kube-system/kube-dns';

/** Keeps the table in step with Services and EndpointSlices. `stop` leaves the table as it is: traffic goes on. */
export async function start(config: ProxyConfig, ports: ProxyPorts): Promise<RunningApp> {
  const informers = informerFactory(ports.client, ports);
  const services = informers.informer(resources.services);
  const slices = informers.informer(resources.endpointSlices);
  const syncer = new Syncer({
    ...ports,
    plan: () => planProxy(services.list(), slices.list(), config.nodeName),
    config: () => {
      const clusterIP = services.get(dnsService)?.spec.clusterIP;
      const { table, clusterCidr, bridge } = config;
      return { table, clusterCidr, bridge, ...(config.dns === undefined || clusterIP === undefined ? {} : { dns: { ...config.dns, clusterIP } }) };
    },
  });
  // The first table must be whole: an empty one would cut what the last one served.
  await informers.synced();
  const trigger = (): void => syncer.trigger();
  services.addHandler({ onAdd: trigger, onUpdate: trigger, onDelete: trigger });
  slices.addHandler({ onAdd: trigger, onUpdate: trigger, onDelete: trigger });
  syncer.trigger();
  // Under the node's name for a uid, where `kubectl describe node` looks for what nodes say of themselves.
  const events = eventRecorder(ports.client, { component: 'kube-proxy', host: config.nodeName, ...ports });
  events.event({ kind: 'Node', apiVersion: 'v1', metadata: { name: config.nodeName, uid: config.nodeName } }, 'Normal', 'Starting', '');
  return {
    stop: async () => {
      syncer.stop();
      await events.stop();
      await informers.stop();
    },
  };
}

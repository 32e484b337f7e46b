import { resources } from '@rhythm/api';
import type { Service } from '@rhythm/api/types/core-v1';
import type { EndpointSlice } from '@rhythm/api/types/discovery-v1';
import { seededRandom, silentLog, VirtualClock } from '@rhythm/base';
import { fakeApiClient } from '@rhythm/client/fake';
import { expect, test } from 'vitest';
import { NftError } from './apply-nft.ts';
import { start } from './index.ts';

const service = (name: string, clusterIP: string, namespace = 'default'): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace },
  spec: { clusterIP, clusterIPs: [clusterIP], ports: [{ name: '', protocol: 'TCP', port: 80, targetPort: 8080 }] },
  status: { loadBalancer: {} },
});

const slice = (name: string, ip: string): EndpointSlice => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { name: `${name}-1`, namespace: 'default', labels: { 'kubernetes.io/service-name': name } },
  addressType: 'IPv4',
  endpoints: [{ addresses: [ip], conditions: { ready: true } }],
  ports: [{ name: '', protocol: 'TCP', port: 8080 }],
});

test('writes the whole table once, then differences, and the whole again after a failure', async () => {
  const clock = new VirtualClock();
  const client = fakeApiClient({ clock });
  const applied: string[] = [];
  let failures = 0;
  const apply = (ruleset: string): Promise<void> => {
    if (failures > 0) {
      failures--;
      return Promise.reject(new NftError('nft refused the ruleset'));
    }
    applied.push(ruleset);
    return Promise.resolve();
  };
  client.seed(resources.services, service('web', '10.43.0.5'));
  client.seed(resources.services, service('kube-dns', '10.43.0.10', 'kube-system'));
  client.seed(resources.endpointSlices, slice('web', '10.42.0.2'));
  const config = { nodeName: 'n1', table: 'rhythm_ab', clusterCidr: '10.42.0.0/16', bridge: 'rhyab', dns: { ip: '10.42.0.1', port: 5353 } };
  const starting = start(config, { client, apply, clock, random: seededRandom(1), log: silentLog });
  await clock.advance(100);
  const app = await starting;
  await clock.advance(100);
  expect(applied).toHaveLength(1);
  expect(applied[0]).toContain('delete table ip rhythm_ab');
  expect(applied[0]).toContain('ip daddr 10.43.0.10 udp dport 53 dnat ip to 10.42.0.1:5353');

  client.seed(resources.endpointSlices, slice('web', '10.42.0.3'));
  await clock.advance(100);
  expect(applied).toHaveLength(2);
  expect(applied[1]).not.toContain('delete table');
  expect(applied[1]).toContain('dnat ip to 10.42.0.3:8080');

  client.seed(resources.services, { ...service('web', '10.43.0.5'), metadata: { ...service('web', '10.43.0.5').metadata, labels: { a: 'b' } } });
  await clock.advance(100);
  expect(applied).toHaveLength(2);

  failures = 2;
  client.seed(resources.endpointSlices, slice('web', '10.42.0.4'));
  await clock.advance(5_000);
  expect(applied).toHaveLength(3);
  expect(applied[2]).toContain('delete table ip rhythm_ab');
  await app.stop();
});

import { createSocket } from 'node:dgram';
import { createConnection } from 'node:net';
import { silentLog, systemClock } from '@rhythm/base';
import dnsPacket from 'dns-packet';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { framed } from './forward.ts';
import type { ClusterView } from './records.ts';
import { serveDns, type RunningDns } from './server.ts';

const many = Array.from({ length: 200 }, (_, i) => `10.42.1.${i}`);
const view: ClusterView = {
  service: (_namespace, name) => {
    const clusterIPs = name === 'many' ? many : name === 'web' ? ['10.43.0.5'] : undefined;
    return clusterIPs === undefined ? undefined : { metadata: { name, namespace: 'default' }, spec: { clusterIP: clusterIPs[0], clusterIPs }, status: { loadBalancer: {} } };
  },
  slices: () => [],
  hasNamespace: () => true,
  serviceOfIP: () => undefined,
  slicesOfIP: () => [],
};

let dns: RunningDns;
beforeAll(async () => {
  const forward = (): Promise<undefined> => Promise.resolve(undefined);
  dns = await serveDns('127.0.0.1', 0, { view, domain: 'cluster.local', forward, clock: systemClock, log: silentLog });
});
afterAll(() => dns.stop());

const query = (name: string): Buffer => dnsPacket.encode({ id: 7, type: 'query', flags: dnsPacket.RECURSION_DESIRED, questions: [{ name, type: 'A' }] });

/** What the package's types leave out. */
type Reply = dnsPacket.DecodedPacket & { readonly rcode: string };

function askUdp(message: Buffer): Promise<Reply> {
  const socket = createSocket('udp4');
  return new Promise((done) => {
    socket.on('message', (reply) => {
      socket.close();
      done(dnsPacket.decode(reply) as Reply);
    });
    socket.send(message, dns.port, '127.0.0.1');
  });
}

test('answers over UDP, with the question and its id', async () => {
  const reply = await askUdp(query('web.default.svc.cluster.local'));
  expect(reply).toMatchObject({ id: 7, rcode: 'NOERROR', flag_aa: true });
  expect(reply.answers).toMatchObject([{ name: 'web.default.svc.cluster.local', data: '10.43.0.5', ttl: 5 }]);
});

test('a name that is not there is NXDOMAIN with an SOA; one that nobody resolves is SERVFAIL', async () => {
  const reply = await askUdp(query('no.default.svc.cluster.local'));
  expect([reply.rcode, reply.authorities?.[0]?.type]).toEqual(['NXDOMAIN', 'SOA']);
  expect((await askUdp(query('example.org'))).rcode).toBe('SERVFAIL');
});

test('what is too long for UDP is marked, and whole over TCP', async () => {
  const short = await askUdp(query('many.default.svc.cluster.local'));
  expect([short.flag_tc, short.answers?.length]).toEqual([true, 0]);
  const long = await new Promise<dnsPacket.DecodedPacket>((done) => {
    const socket = createConnection({ host: '127.0.0.1', port: dns.port });
    let received = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (received.length < 2 || received.length < 2 + received.readUInt16BE(0)) return;
      socket.destroy();
      done(dnsPacket.decode(received.subarray(2)));
    });
    socket.write(framed(query('many.default.svc.cluster.local')));
  });
  expect(long.answers).toHaveLength(200);
});

test('goes on after rubbish', async () => {
  const socket = createSocket('udp4');
  await new Promise<void>((done) => socket.send(Buffer.from('rubbish'), dns.port, '127.0.0.1', () => done()));
  socket.close();
  expect((await askUdp(query('web.default.svc.cluster.local'))).rcode).toBe('NOERROR');
});

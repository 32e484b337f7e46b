import { X509Certificate, createPrivateKey } from 'node:crypto';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer, type TLSSocket } from 'node:tls';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { VirtualClock, seededRandom, systemClock } from '@rhythm/base';
import { createAuthority, ensureClusterPki, identitiesOf, kubeconfigYaml, loadAuthority, type Authority } from './index.ts';

const dayMs = 24 * 60 * 60 * 1000;
const clock = new VirtualClock(1_767_225_600_000);
const ports = { clock, random: seededRandom(1) };
const options = { nodeName: 'node-a', nodeIps: ['192.0.2.7'], serviceIp: '10.96.0.1' };
let ca: Authority;
let directory: string;

beforeAll(async () => {
  ca = await createAuthority('rhythm-ca', ports);
  directory = mkdtempSync(join(tmpdir(), 'rhythm-pki-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

test('an authority is a CA for ten years and signs what node accepts', async () => {
  const authority = new X509Certificate(ca.certPem);
  expect(authority.ca).toBe(true);
  expect(authority.validToDate.getTime()).toBe(clock.now() + 3650 * dayMs);
  const pair = await ca.issue({ commonName: 'system:node:a', organizations: ['system:nodes', 'a, b+c=d'], dnsNames: ['a.example'], ipAddresses: ['10.0.0.1', 'fd00::1'], usages: ['client', 'server'] });
  const cert = new X509Certificate(pair.certPem);
  expect(cert.verify(authority.publicKey)).toBe(true);
  expect(cert.checkIssued(authority)).toBe(true);
  expect(cert.ca).toBe(false);
  expect(cert.checkPrivateKey(createPrivateKey(pair.keyPem))).toBe(true);
  expect(cert.validToDate.getTime()).toBe(clock.now() + 365 * dayMs);
  expect(cert.validFromDate.getTime()).toBeLessThan(clock.now());
  expect(cert.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2', '1.3.6.1.5.5.7.3.1']);
  expect(cert.checkHost('a.example')).toBe('a.example');
  expect(cert.checkIP('10.0.0.1')).toBe('10.0.0.1');
  expect(cert.checkIP('fd00::1')).toBe('fd00::1');
  // An organisation with separators in it stays one organisation.
  expect(cert.toLegacyObject().subject).toMatchObject({ CN: 'system:node:a', O: ['system:nodes', 'a, b+c=d'] });
});

test('serial numbers differ', async () => {
  const serials = await Promise.all([1, 2, 3].map(async () => new X509Certificate((await ca.issue({ commonName: 'x', usages: ['client'] })).certPem).serialNumber));
  expect(new Set(serials).size).toBe(3);
});

test('a loaded authority signs as the created one does', async () => {
  const loaded = await loadAuthority({ certPem: ca.certPem, keyPem: ca.keyPem }, ports);
  expect(loaded.certPem).toBe(ca.certPem);
  const pair = await loaded.issue({ commonName: 'x', usages: ['client'] });
  expect(new X509Certificate(pair.certPem).verify(new X509Certificate(ca.certPem).publicKey)).toBe(true);
});

test('a set of files for a cluster: private, complete, and stable', async () => {
  const first = await ensureClusterPki(directory, options, ports);
  expect(first).toEqual(['ca', 'store-ca', 'front-proxy-ca', ...identitiesOf(options).map(({ file }) => file), 'sa']);
  for (const file of readdirSync(directory)) expect([file, statSync(join(directory, file)).mode & 0o777]).toEqual([file, 0o600]);
  expect(await ensureClusterPki(directory, options, ports)).toEqual([]);
  const storeCa = new X509Certificate(readFileSync(join(directory, 'store-ca.crt')));
  expect(new X509Certificate(readFileSync(join(directory, 'store-client.crt'))).verify(storeCa.publicKey)).toBe(true);
  expect(new X509Certificate(readFileSync(join(directory, 'admin.crt'))).verify(storeCa.publicKey)).toBe(false);
});

test('certificates are issued again when an address changes or their end is near, authorities never', async () => {
  const moved = { ...options, nodeIps: ['192.0.2.8'] };
  expect(await ensureClusterPki(directory, moved, ports)).toEqual(['apiserver', 'kubelet-node-a-serving']);
  const later = { clock: new VirtualClock(clock.now() + 340 * dayMs), random: seededRandom(2) };
  expect(await ensureClusterPki(directory, moved, later)).toEqual(identitiesOf(moved).map(({ file }) => file));
});

test('mutual TLS works with them', async () => {
  const now = { clock: systemClock, random: seededRandom(3) };
  const authority = await createAuthority('ca', now);
  const server = await authority.issue({ commonName: 'server', dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'], usages: ['server'] });
  const client = await authority.issue({ commonName: 'admin', organizations: ['system:masters'], usages: ['client'] });
  const listener = createServer({ cert: server.certPem, key: server.keyPem, ca: authority.certPem, requestCert: true, rejectUnauthorized: true }, (socket) => {
    const { subject } = socket.getPeerCertificate();
    socket.end(`${String(subject.CN)} of ${String(subject.O)}`);
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const socket: TLSSocket = connect({ port: (listener.address() as AddressInfo).port, host: '127.0.0.1', servername: 'localhost', cert: client.certPem, key: client.keyPem, ca: authority.certPem });
  let answer = '';
  for await (const chunk of socket) answer += String(chunk);
  listener.close();
  expect(answer).toBe('admin of system:masters');
});

test('a kubeconfig embeds everything', () => {
  const yaml = kubeconfigYaml({ clusterName: 'rhythm', userName: 'kubernetes-admin', server: 'https://127.0.0.1:6443', caPem: 'ca', certPem: 'cert', keyPem: 'key' });
  expect(yaml).toContain('    certificate-authority-data: Y2E=\n');
  expect(yaml).toContain('    client-key-data: a2V5\n');
  expect(yaml).toContain('current-context: "rhythm"\n');
});

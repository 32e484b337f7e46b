import { X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createAuthority, createSigningKey, loadAuthority, type Authority, type CertificateRequest, type PkiPorts } from './authority.ts';
import { writeSecretFile } from './secret-file.ts';

/** What the certificates of one cluster must name. */
export interface ClusterPkiOptions {
  readonly nodeName: string;
  /** Addresses of the machine: the API server and the node's kubelet are reached through them. */
  readonly nodeIps: readonly string[];
  /** The first address of the service CIDR. */
  readonly serviceIp: string;
  readonly clusterDomain?: string;
  /** Names of the nodes that one process pretends to be; then there is no real node, and no identity for one. */
  readonly fakeNodeNames?: readonly string[];
}

/** A certificate is issued again when fewer days than this are left. */
const renewBeforeMs = 30 * 24 * 60 * 60 * 1000;

interface Identity extends CertificateRequest {
  readonly file: string;
  readonly authority: 'cluster' | 'store' | 'frontProxy';
}

/** Every certificate of a cluster, by file name without its ending (docs/processes.md, "Identities"). */
export function identitiesOf(options: ClusterPkiOptions): readonly Identity[] {
  const domain = options.clusterDomain ?? 'cluster.local';
  const client = (file: string, commonName: string, ...organizations: string[]): Identity => ({ file, commonName, organizations, usages: ['client'], authority: 'cluster' });
  return [
    { file: 'store', commonName: 'store', dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'], usages: ['server', 'client'], authority: 'store' },
    { file: 'store-client', commonName: 'rhythm-apiserver', usages: ['client'], authority: 'store' },
    {
      file: 'apiserver',
      commonName: 'kube-apiserver',
      dnsNames: ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc', `kubernetes.default.svc.${domain}`, 'localhost'],
      ipAddresses: [...new Set(['127.0.0.1', options.serviceIp, ...options.nodeIps])],
      usages: ['server'],
      authority: 'cluster',
    },
    client('apiserver-kubelet-client', 'kube-apiserver-kubelet-client', 'system:masters'),
    { file: 'front-proxy-client', commonName: 'front-proxy-client', usages: ['client'], authority: 'frontProxy' },
    client('admin', 'kubernetes-admin', 'system:masters'),
    client('scheduler', 'system:kube-scheduler'),
    client('controller-manager', 'system:kube-controller-manager'),
    ...kubeletIdentities(options),
    client('proxy', 'system:kube-proxy'),
    client('dns', 'system:rhythm-dns'),
  ];
}

/** A node's client and server; of fake nodes one for all, whose server's certificate names each of them. */
function kubeletIdentities({ nodeName, nodeIps, fakeNodeNames }: ClusterPkiOptions): readonly Identity[] {
  const ipAddresses = [...new Set([...nodeIps, '127.0.0.1'])];
  if (fakeNodeNames !== undefined) {
    const commonName = 'system:fake-kubelet';
    return [
      { file: 'kubelet-fake', commonName, usages: ['client'], authority: 'cluster' },
      { file: 'kubelet-fake-serving', commonName, dnsNames: fakeNodeNames, ipAddresses, usages: ['server'], authority: 'cluster' },
    ];
  }
  const node = { commonName: `system:node:${nodeName}`, organizations: ['system:nodes'], authority: 'cluster' } as const;
  return [
    { ...node, file: `kubelet-${nodeName}`, usages: ['client'] },
    { ...node, file: `kubelet-${nodeName}-serving`, dnsNames: [nodeName], ipAddresses, usages: ['server'] },
  ];
}

/**
 * Writes what is missing below `directory` (0700, files 0600): the authorities, every identity, the service-account
 * key. A certificate that ends soon, or no longer names what it should, is issued again; authorities and the
 * service-account key are never replaced. Returns the files' names that were written, without their endings.
 */
export async function ensureClusterPki(directory: string, options: ClusterPkiOptions, ports: PkiPorts): Promise<readonly string[]> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const written: string[] = [];
  const authorities = {
    cluster: await ensureAuthority(directory, 'ca', 'rhythm-ca', ports, written),
    store: await ensureAuthority(directory, 'store-ca', 'rhythm-store-ca', ports, written),
    frontProxy: await ensureAuthority(directory, 'front-proxy-ca', 'rhythm-front-proxy-ca', ports, written),
  };
  for (const identity of identitiesOf(options)) {
    if (isCurrent(directory, identity, authorities[identity.authority], ports)) continue;
    writePair(directory, identity.file, await authorities[identity.authority].issue(identity));
    written.push(identity.file);
  }
  if (!existsSync(join(directory, 'sa.key')) || !existsSync(join(directory, 'sa.pub'))) {
    const key = await createSigningKey();
    writeSecretFile(join(directory, 'sa.pub'), key.publicPem);
    writeSecretFile(join(directory, 'sa.key'), key.privatePem);
    written.push('sa');
  }
  return written;
}

async function ensureAuthority(directory: string, file: string, commonName: string, ports: PkiPorts, written: string[]): Promise<Authority> {
  if (existsSync(join(directory, `${file}.crt`)) && existsSync(join(directory, `${file}.key`))) {
    return loadAuthority({ certPem: read(directory, `${file}.crt`), keyPem: read(directory, `${file}.key`) }, ports);
  }
  const created = await createAuthority(commonName, ports);
  writePair(directory, file, created);
  written.push(file);
  return created;
}

function isCurrent(directory: string, identity: Identity, authority: Authority, ports: PkiPorts): boolean {
  if (!existsSync(join(directory, `${identity.file}.crt`)) || !existsSync(join(directory, `${identity.file}.key`))) return false;
  const cert = new X509Certificate(read(directory, `${identity.file}.crt`));
  if (cert.validToDate.getTime() - ports.clock.now() < renewBeforeMs) return false;
  if (!cert.verify(new X509Certificate(authority.certPem).publicKey)) return false;
  const expected = [...(identity.dnsNames ?? []).map((name) => `DNS:${name}`), ...(identity.ipAddresses ?? []).map((ip) => `IP Address:${ip}`)];
  const actual = cert.subjectAltName === undefined ? [] : cert.subjectAltName.split(', ');
  return expected.length === actual.length && expected.every((name) => actual.includes(name));
}

/** The key first: whoever sees the certificate finds its key. */
function writePair(directory: string, file: string, pair: { readonly certPem: string; readonly keyPem: string }): void {
  writeSecretFile(join(directory, `${file}.key`), pair.keyPem);
  writeSecretFile(join(directory, `${file}.crt`), pair.certPem);
}

function read(directory: string, file: string): string {
  return readFileSync(join(directory, file), 'utf8');
}

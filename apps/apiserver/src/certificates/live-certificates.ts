import { X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { liveFiles, type LiveFiles } from '@rhythm/config';
import type { Clock, Live, Log } from '@rhythm/base';
import type { NamedCertificate } from '@rhythm/http';
import { tokenKeysFromPem } from '../auth/tokens/keys.ts';
import type { NamedFiles } from './named-flag.ts';

/** What this server shows its callers, and whom it believes; PEM. */
export interface ServingTls {
  readonly cert: string;
  readonly key: string;
  readonly clientCa: string;
  readonly named?: readonly NamedCertificate[];
  /** Of proxies that speak for their callers. */
  readonly frontProxyCa?: string;
}

export interface CertificatePair {
  readonly cert: string;
  readonly key: string;
}

/** What may change while the server runs. Absent: it stays as the configuration says. */
export interface LiveCertificates {
  readonly serving?: Live<ServingTls>;
  readonly kubeletClient?: Live<CertificatePair>;
  /** By which aggregated servers know this one. */
  readonly proxyClient?: Live<CertificatePair>;
  /** The private key that signs tokens first, then others that verify. */
  readonly serviceAccountKey?: Live<string>;
}

interface Ports {
  readonly clock: Pick<Clock, 'setTimer'>;
  readonly log: Log;
  readonly everyMs?: number;
}

/** Follows the files of the serving certificate, the authorities of clients and proxies, and the certificates by name. Rejects when they do not fit together. */
export function liveServingTls(files: { readonly cert: string; readonly key: string; readonly clientCa: string; readonly frontProxyCa?: string; readonly named: readonly NamedFiles[] }, ports: Ports): Promise<LiveFiles<ServingTls>> {
  const { named, cert, key, clientCa, frontProxyCa } = files;
  const all: Record<string, string> = { cert, key, clientCa };
  if (frontProxyCa !== undefined) all['frontProxyCa'] = frontProxyCa;
  named.forEach((one, index) => Object.assign(all, { [`cert${index}`]: one.cert, [`key${index}`]: one.key }));
  return liveFiles({
    ...ports,
    what: 'the serving certificates',
    files: all,
    load(contents) {
      const text = (name: string): string => contents[name]?.toString() ?? '';
      const tls = { ...pairOf(text('cert'), text('key')), clientCa: authority(text('clientCa'), clientCa) };
      return {
        ...tls,
        named: named.map(({ names }, index) => ({ ...pairOf(text(`cert${index}`), text(`key${index}`)), names })),
        ...(frontProxyCa === undefined ? {} : { frontProxyCa: authority(text('frontProxyCa'), frontProxyCa) }),
      };
    },
  });
}

/** Follows a certificate and its key. */
export function livePair(what: string, files: { readonly cert: string; readonly key: string }, ports: Ports): Promise<LiveFiles<CertificatePair>> {
  return liveFiles({ ...ports, what, files, load: ({ cert, key }) => pairOf(cert.toString(), key.toString()) });
}

/** Follows the client certificate for a server and the authority of that server. */
export function liveClientTls(what: string, files: { readonly ca: string; readonly cert: string; readonly key: string }, ports: Ports): Promise<LiveFiles<CertificatePair & { readonly ca: string }>> {
  return liveFiles({ ...ports, what, files, load: ({ ca, cert, key }) => ({ ...pairOf(cert.toString(), key.toString()), ca: authority(ca.toString(), files.ca) }) });
}

/** Follows the keys of service-account tokens. */
export function liveTokenKeys(file: string, ports: Ports): Promise<LiveFiles<string>> {
  return liveFiles({
    ...ports,
    what: 'the service-account keys',
    files: { file },
    load({ file: bytes }) {
      const pem = bytes.toString();
      tokenKeysFromPem(pem);
      return pem;
    },
  });
}

/** @throws unless key and certificate belong together. */
function pairOf(cert: string, key: string): CertificatePair {
  // An empty certificate would pass for none.
  void new X509Certificate(cert);
  createSecureContext({ cert, key });
  return { cert, key };
}

/** An empty file would be taken for: believe nobody, or worse everybody. @throws */
function authority(pem: string, file: string): string {
  try {
    void new X509Certificate(pem);
  } catch (error) {
    throw new Error(`${file} holds no certificate`, { cause: error });
  }
  return pem;
}

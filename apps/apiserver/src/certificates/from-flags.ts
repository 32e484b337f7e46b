import { FlagError, type LiveFiles } from '@rhythm/config';
import { toError, type Clock, type Log } from '@rhythm/base';
import { liveClientTls, livePair, liveServingTls, liveTokenKeys, type CertificatePair, type LiveCertificates } from './live-certificates.ts';
import { namedCertificates } from './named-flag.ts';

/** The flags that name files of certificates and keys. */
export interface CertificateFlags {
  readonly 'cert-file': string;
  readonly 'key-file': string;
  readonly 'client-ca-file': string;
  readonly 'requestheader-client-ca-file': string | undefined;
  readonly 'tls-sni-cert-key': readonly string[] | undefined;
  readonly 'service-account-key-file': string;
  readonly 'kubelet-client-cert-file': string | undefined;
  readonly 'kubelet-client-key-file': string | undefined;
  readonly 'proxy-client-cert-file': string | undefined;
  readonly 'proxy-client-key-file': string | undefined;
  readonly 'store-ca-file': string | undefined;
  readonly 'store-cert-file': string | undefined;
  readonly 'store-key-file': string | undefined;
}

export interface FollowedFiles {
  readonly live: Required<Pick<LiveCertificates, 'serving' | 'serviceAccountKey'>> & LiveCertificates;
  /** Our certificate for the store; absent: plain text. */
  readonly store?: LiveFiles<CertificatePair & { readonly ca: string }>;
  stop(): void;
}

/** Reads all of them, and follows them. @throws FlagError that names the flag whose files cannot be used. */
export async function followFiles(flags: CertificateFlags, ports: { readonly clock: Clock; readonly log: Log }): Promise<FollowedFiles> {
  const frontProxyCa = flags['requestheader-client-ca-file'];
  const serving = await forFlags('cert-file, --key-file, --client-ca-file, --tls-sni-cert-key', () =>
    liveServingTls({ cert: flags['cert-file'], key: flags['key-file'], clientCa: flags['client-ca-file'], named: namedCertificates(flags['tls-sni-cert-key'] ?? []), ...(frontProxyCa === undefined ? {} : { frontProxyCa }) }, ports),
  );
  const serviceAccountKey = await forFlags('service-account-key-file', () => liveTokenKeys(flags['service-account-key-file'], ports));
  const [kubeletCert, kubeletKey = ''] = [flags['kubelet-client-cert-file'], flags['kubelet-client-key-file']];
  const kubeletClient = kubeletCert === undefined ? undefined : await forFlags('kubelet-client-cert-file, --kubelet-client-key-file', () => livePair('the client certificate for kubelets', { cert: kubeletCert, key: kubeletKey }, ports));
  const [proxyCert, proxyKey] = [flags['proxy-client-cert-file'], flags['proxy-client-key-file']];
  if ((proxyCert === undefined) !== (proxyKey === undefined)) throw new FlagError('--proxy-client-cert-file and --proxy-client-key-file go together');
  const proxyClient = proxyCert === undefined || proxyKey === undefined ? undefined : await forFlags('proxy-client-cert-file, --proxy-client-key-file', () => livePair('the client certificate for aggregated servers', { cert: proxyCert, key: proxyKey }, ports));
  const [ca, cert = '', key = ''] = [flags['store-ca-file'], flags['store-cert-file'], flags['store-key-file']];
  const store = ca === undefined ? undefined : await forFlags('store-ca-file, --store-cert-file, --store-key-file', () => liveClientTls('the client certificate for the store', { ca, cert, key }, ports));
  return {
    live: { serving, serviceAccountKey, ...(kubeletClient === undefined ? {} : { kubeletClient }), ...(proxyClient === undefined ? {} : { proxyClient }) },
    ...(store === undefined ? {} : { store }),
    stop: () => [serving, serviceAccountKey, kubeletClient, proxyClient, store].forEach((files) => files?.stop()),
  };
}

async function forFlags<T>(flag: string, open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    throw new FlagError(`flag --${flag}: ${toError(error).message}`, { cause: error });
  }
}

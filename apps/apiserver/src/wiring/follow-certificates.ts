import { toError, type Live, type Log } from '@rhythm/base';
import type { Auth, FrontProxy } from '../auth/index.ts';
import type { LiveCertificates } from '../certificates/index.ts';
import { httpTls, type Faces } from './faces.ts';

/** Takes renewed certificates and keys; what does not fit together changes nothing. Returns how to stop that. */
export function followCertificates({ serving, serviceAccountKey }: LiveCertificates, { http, grpc }: Faces, auth: Auth, frontProxy: FrontProxy | undefined, log: Log): () => void {
  const take = <T>(live: Live<T> | undefined, use: (value: T) => void): (() => void) =>
    live?.onChange((value) => {
      try {
        use(value);
      } catch (error) {
        log.error('renewed certificates or keys cannot be used: those from before stay', { error: toError(error).message });
      }
    }) ?? (() => undefined);
  const stops = [
    take(serving, (tls) => {
      if (tls.frontProxyCa !== undefined) frontProxy?.setAuthorities(tls.frontProxyCa, tls.clientCa);
      http.setTls(httpTls(tls));
      grpc.setTls(tls);
    }),
    take(serviceAccountKey, (pem) => auth.setServiceAccountKey(pem)),
  ];
  return () => stops.forEach((stop) => stop());
}

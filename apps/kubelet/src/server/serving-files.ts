import { X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import type { Clock, Log } from '@rhythm/base';
import { liveFiles, type LiveFiles } from '@rhythm/config';
import type { ServerTls } from '@rhythm/grpc';

/** Follows the files of the kubelet's serving certificate. Rejects when they do not fit together; later that changes nothing. */
export function liveServingFiles(files: { readonly cert: string; readonly key: string; readonly clientCa: string }, ports: { readonly clock: Pick<Clock, 'setTimer'>; readonly log: Log }): Promise<LiveFiles<ServerTls>> {
  return liveFiles({
    ...ports,
    what: 'the serving certificate',
    files,
    load({ cert, key, clientCa }) {
      // What is empty would pass for none, and an authority that is none would let nobody in.
      void new X509Certificate(cert);
      void new X509Certificate(clientCa);
      createSecureContext({ cert, key });
      return { cert, key, clientCa, requireClientCert: true };
    },
  });
}

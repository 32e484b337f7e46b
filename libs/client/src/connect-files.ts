import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { causeChain, type Clock, type Log, type Random } from '@rhythm/base';
import type { ClientTls } from '@rhythm/grpc';
import type { ApiClient } from './api-client.ts';
import { connectApi } from './connect-api.ts';

/** The name that every apiserver's certificate carries, whatever address it is reached at. */
const apiServerName = 'kubernetes.default.svc';

export interface ApiFiles {
  readonly api: readonly string[];
  readonly 'ca-file': string;
  readonly 'cert-file': string;
  readonly 'key-file': string;
}

/** The client of a component, from its flags. The files are read again for each connection. @throws when one cannot be read at first, naming it. */
export function connectWithFiles(flags: ApiFiles, ports: { readonly clock: Clock; readonly log: Log; readonly random: Random; readonly userAgent: string }): ApiClient & { close(): Promise<void> } {
  let last = readTls(flags);
  const tls = (): ClientTls => {
    try {
      last = readTls(flags);
    } catch (error) {
      ports.log.warn('the certificate files cannot be used: those from before stay', { cert: flags['cert-file'], error: causeChain(error) });
    }
    return last;
  };
  return connectApi({ targets: flags.api, tls, ...ports });
}

function readTls(flags: ApiFiles): ClientTls {
  const [ca, cert, key] = [readFileSync(flags['ca-file']), readFileSync(flags['cert-file']), readFileSync(flags['key-file'])];
  // Throws unless key and certificate belong together: they may be half replaced.
  createSecureContext({ ca, cert, key });
  return { ca, cert, key, serverName: apiServerName };
}

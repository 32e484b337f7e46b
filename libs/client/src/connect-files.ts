import { readFileSync } from 'node:fs';
import type { Clock, Log, Random } from '@rhythm/base';
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

/** The client of a component, from its flags. @throws when a file cannot be read, naming it. */
export function connectWithFiles(flags: ApiFiles, ports: { readonly clock: Clock; readonly log: Log; readonly random: Random; readonly userAgent: string }): ApiClient & { close(): Promise<void> } {
  const tls = { ca: readFileSync(flags['ca-file']), cert: readFileSync(flags['cert-file']), key: readFileSync(flags['key-file']), serverName: apiServerName };
  return connectApi({ targets: flags.api, tls, ...ports });
}

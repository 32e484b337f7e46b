import { hasReason } from '@rhythm/api';
import type { ConfigMap } from '@rhythm/api/types/core-v1';
import { causeChain, PassLoop, type Clock, type Log, type Random } from '@rhythm/base';
import type { FrontProxyConfig, ResourceChanges } from '../auth/index.ts';
import type { OwnWrites } from '../ports/own-writes.ts';
import type { ObjectReader } from '../ports/types.ts';
import { aggregationLimits } from './limits.ts';
import { deepEqual } from '../registry/deep-equal.ts';

const namespace = 'kube-system';
const name = 'extension-apiserver-authentication';
const pemBlock = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

export interface AuthenticationConfigPorts {
  readonly reader: ObjectReader;
  readonly writes: Pick<OwnWrites, 'create' | 'update'>;
  readonly changes: ResourceChanges;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** What aggregated servers need to know whom to believe. */
export interface Trusted {
  /** PEM: whose certificates are users. */
  readonly clientCa: string;
  /** PEM and names: who may say in headers for whom he speaks. This server among them, as its certificate for aggregated servers is of this authority. */
  readonly frontProxy?: FrontProxyConfig;
}

/**
 * Keeps `kube-system/extension-apiserver-authentication` true, which aggregated servers read to authenticate as this one does. Authorities that another
 * server of a cluster wrote stay beside ours: while they are exchanged, both are to be believed (apiserver, clusterauthenticationtrust).
 */
export class AuthenticationConfig {
  readonly #ports: AuthenticationConfigPorts;
  readonly #trusted: () => Trusted;
  readonly #passes: PassLoop;
  #unsubscribe: () => void = () => undefined;

  constructor(ports: AuthenticationConfigPorts, trusted: () => Trusted) {
    const { clock, random, log } = ports;
    this.#ports = ports;
    this.#trusted = trusted;
    this.#passes = new PassLoop({
      pass: () => this.#reconcile(),
      failed: (error) => {
        if (!hasReason(error, 'Conflict')) log.warn('what aggregated servers authenticate by cannot be written', { error: causeChain(error) });
      },
      backoff: { initialMs: 50, maxMs: 10_000, factor: 2, jitter: 0.2 },
      // ConfigMaps change all the time, this one hardly ever.
      restMs: aggregationLimits.authenticationEveryMs,
      clock,
      random,
    });
  }

  /** Resolves when it is there. */
  async start(): Promise<void> {
    await this.#reconcile();
    this.#unsubscribe = this.#ports.changes.onChange('', 'configmaps', () => this.trigger());
  }

  async stop(): Promise<void> {
    this.#unsubscribe();
    await this.#passes.stop(new Error('the server is stopping'));
  }

  /** To be looked at again: what it says may be old. */
  trigger(): void {
    this.#passes.trigger();
  }

  async #reconcile(): Promise<void> {
    const { reader, writes } = this.#ports;
    const found = await reader.get<ConfigMap>('', 'configmaps', namespace, name);
    const data = wantedData(this.#trusted(), found?.data ?? {});
    if (found === undefined) {
      const made: ConfigMap = { kind: 'ConfigMap', apiVersion: 'v1', metadata: { namespace, name }, data };
      await writes.create('', 'configmaps', made).catch((error: unknown) => {
        // Another server was faster: what it wrote is completed behind the news of it.
        if (!hasReason(error, 'AlreadyExists')) throw error;
      });
    } else if (!deepEqual(found.data, data)) {
      const next: ConfigMap = { ...found, data };
      await writes.update('', 'configmaps', next);
    }
  }
}

/** The data that there should be, with what others put there. */
export function wantedData({ clientCa, frontProxy }: Trusted, found: Readonly<Record<string, string>>): Record<string, string> {
  const lists = (key: string, ours: readonly string[]): string => JSON.stringify([...new Set([...ours, ...parsedList(found[key])])]);
  return {
    ...found,
    'client-ca-file': bundle(clientCa, found['client-ca-file']),
    ...(frontProxy === undefined
      ? {}
      : {
          'requestheader-client-ca-file': bundle(frontProxy.ca, found['requestheader-client-ca-file']),
          'requestheader-username-headers': lists('requestheader-username-headers', frontProxy.usernameHeaders),
          'requestheader-uid-headers': lists('requestheader-uid-headers', frontProxy.uidHeaders),
          'requestheader-group-headers': lists('requestheader-group-headers', frontProxy.groupHeaders),
          'requestheader-extra-headers-prefix': lists('requestheader-extra-headers-prefix', frontProxy.extraHeaderPrefixes),
          // No name is every name: that must not come to be limited, nor the other way round, by what was there.
          'requestheader-allowed-names': frontProxy.allowedNames.length === 0 ? '[]' : lists('requestheader-allowed-names', frontProxy.allowedNames),
        }),
  };
}

/** Ours first, then the certificates of others that are not ours. */
function bundle(ours: string, theirs = ''): string {
  const blocks = (pem: string): string[] => [...pem.matchAll(pemBlock)].map(([block]) => block.replaceAll('\r', ''));
  return `${[...new Set([...blocks(ours), ...blocks(theirs)])].join('\n')}\n`;
}

function parsedList(text = '[]'): string[] {
  try {
    const value = JSON.parse(text) as unknown;
    return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
  } catch {
    return [];
  }
}

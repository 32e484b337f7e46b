import type { Store } from '@rhythm/store-client';
import { prefixEnd } from '../stored/keys.ts';
import { presenceLimits } from './limits.ts';
import type { ServerAddress } from './own-endpoints.ts';

const prefix = '/registry/masterleases/';

/** The servers that are alive, as the store knows them: each holds a key under a lease of the store that runs out with it. */
export class ServerLeases {
  readonly #store: Pick<Store, 'range' | 'txn' | 'leaseGrant'>;

  constructor(store: Pick<Store, 'range' | 'txn' | 'leaseGrant'>) {
    this.#store = store;
  }

  async renew(server: ServerAddress): Promise<void> {
    const lease = await this.#store.leaseGrant(presenceLimits.endpointSeconds);
    await this.#store.txn([], [{ kind: 'put', key: keyOf(server), value: Buffer.from(JSON.stringify(server)), lease }]);
  }

  async remove(server: ServerAddress): Promise<void> {
    await this.#store.txn([], [{ kind: 'delete', key: keyOf(server) }]);
  }

  async alive(): Promise<ServerAddress[]> {
    const { values } = await this.#store.range(prefix, { end: prefixEnd(prefix), keysOnly: true });
    return values.map(({ key }) => addressOf(key.slice(prefix.length))).filter((server) => server !== undefined);
  }
}

function keyOf({ ip, port }: ServerAddress): string {
  return `${prefix}${ip}|${port}`;
}

function addressOf(text: string): ServerAddress | undefined {
  const [ip = '', port = ''] = text.split('|');
  return ip !== '' && /^\d+$/.test(port) ? { ip, port: Number(port) } : undefined;
}

/** The store and the apiserver as `up` starts them, and nothing else: no controller, scheduler or kubelet takes part in what is measured. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog, systemClock, systemRandom } from '@rhythm/base';
import { ensureClusterPki } from '@rhythm/pki';
import { etcdStore, type Store } from '@rhythm/store-client';
import { appSpecs } from '../../apps/cli/src/processes/app-specs.ts';
import { HttpsClient, type ClientTls } from '../lib/https-client.ts';
import { sleep } from '../lib/measure.ts';
import { freePort, startProcess, type Started } from '../lib/processes.ts';

const startTimeoutMs = 30_000;
const pollMs = 5;
const serviceCidr = '10.96.0.0/16';

export interface Servers {
  readonly dir: string;
  readonly port: number;
  readonly apiserver: number;
  readonly store: number;
  /** As the administrator. */
  readonly client: HttpsClient;
  readonly tls: ClientTls;
  /** From the start of the store's process to the apiserver's first `ok` of /readyz. */
  readonly startMs: number;
  /** The apiserver's own client of the store. */
  openStore(): Promise<Store>;
  end(): Promise<void>;
}

/** Starts both on a folder of their own. @param apiserverFlags for Node, in front of the program. */
export async function startServers(apiserverFlags: readonly string[]): Promise<Servers> {
  const dir = mkdtempSync(join(tmpdir(), 'rhythm-bench-'));
  const remove = (): void => rmSync(dir, { recursive: true, force: true });
  process.once('exit', remove);
  const ports = { api: await freePort(), store: await freePort(), kubelet: 1, dns: 1 };
  await ensureClusterPki(join(dir, 'pki'), { nodeName: 'none', nodeIps: ['127.0.0.1'], serviceIp: '10.96.0.1' }, { clock: systemClock, random: systemRandom });
  for (const folder of ['run', 'data']) mkdirSync(join(dir, folder));
  const specs = appSpecs({ version: 1, id: '00000000', dir, podCidr: '100.64.0.0/10', serviceCidr, nodeName: 'none', nodeIp: '127.0.0.1', ports });
  const started: Started[] = [];
  const start = async (name: string, flags: readonly string[]): Promise<Started> => {
    const spec = specs.find((one) => one.name === name);
    if (spec === undefined) throw new Error(`${name} is not built`);
    const process = await startProcess(spec.command, [...flags, ...spec.args], join(dir, `${name}.log`));
    started.push(process);
    const until = performance.now() + startTimeoutMs;
    while (!existsSync(spec.endpointFile ?? '')) {
      if (performance.now() > until) throw new Error(`${name} does not start: ${process.output().slice(-2_000)}`);
      await sleep(pollMs);
    }
    return process;
  };
  const end = async (): Promise<void> => {
    for (const one of started.toReversed()) await one.end();
    process.off('exit', remove);
    remove();
  };
  try {
    const began = performance.now();
    const store = await start('store', []);
    const apiserver = await start('apiserver', apiserverFlags);
    const tls = tlsOf(dir, { ca: 'ca.crt', cert: 'admin.crt', key: 'admin.key' });
    const client = new HttpsClient(ports.api, tls);
    while (!(await isReady(client))) await sleep(pollMs);
    const startMs = performance.now() - began;
    const openStore = (): Promise<Store> =>
      etcdStore({ endpoints: [`127.0.0.1:${ports.store}`], tls: tlsOf(dir, { ca: 'store-ca.crt', cert: 'store-client.crt', key: 'store-client.key' }), clock: systemClock, random: systemRandom, log: silentLog });
    const endAll = async (): Promise<void> => {
      client.close();
      await end();
    };
    return { dir, port: ports.api, apiserver: apiserver.pid, store: store.pid, client, tls, startMs, openStore, end: endAll };
  } catch (error) {
    await end();
    throw error;
  }
}

function isReady(client: HttpsClient): Promise<boolean> {
  return client.request('GET', '/readyz').then(
    () => true,
    () => false,
  );
}

function tlsOf(dir: string, files: { readonly ca: string; readonly cert: string; readonly key: string }): ClientTls {
  const read = (file: string): Buffer => readFileSync(join(dir, 'pki', file));
  return { ca: read(files.ca), cert: read(files.cert), key: read(files.key) };
}

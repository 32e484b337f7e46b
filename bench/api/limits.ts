/** The least that requests can cost on this machine now: a bare HTTPS server in Node with the same bytes, and bare transactions of the store. */
import { join } from 'node:path';
import type { Store } from '@rhythm/store-client';
import { HttpsClient } from '../lib/https-client.ts';
import { closedLoop, memoryOf, sleep, type Sample } from '../lib/measure.ts';
import { freePort, node, startProcess, type Started } from '../lib/processes.ts';
import type { Servers } from './servers.ts';
import { deliver, withStamp, type Pace } from './deliveries.ts';

export interface Limit {
  /** What it is. */
  readonly name: string;
  /** Microseconds of CPU per operation. */
  readonly cpu: number;
}

/** The server that does nothing. */
interface Bare {
  readonly process: Started;
  readonly client: HttpsClient;
  readonly port: number;
  /** Until it answered. */
  readonly startMs: number;
  readonly emptyMb: number;
}

const connectAttempts = 400;

/** Measures each limit once in a run, when the first row asks for it. */
export class Limits {
  readonly #servers: Servers;
  readonly #seconds: number;
  readonly #known = new Map<string, Promise<Limit>>();
  #bare: Promise<Bare> | undefined;
  #store: Promise<Store> | undefined;

  constructor(servers: Servers, seconds: number) {
    this.#servers = servers;
    this.#seconds = Math.max(0.5, seconds / 2);
  }

  /** A request that is read and answered with `answer`. */
  request(what: string, inFlight: number, answer: Buffer, body?: Buffer): Promise<Limit> {
    return this.#once(`request ${what} ${inFlight}`, async () => {
      const { process, client } = await this.#server();
      await client.request('PUT', '/answer', { body: answer });
      return named('bare HTTPS', await this.#loop(inFlight, process.pid, () => client.request(body === undefined ? 'GET' : 'POST', '/', body === undefined ? {} : { body })));
    });
  }

  /** The same and what it takes to store the bytes. */
  async write(what: string, inFlight: number, answer: Buffer, body: Buffer): Promise<Limit> {
    const request = await this.request(what, inFlight, answer, body);
    const stored = await this.transaction(inFlight, answer);
    return { name: `bare HTTPS ${Math.round(request.cpu)} + transaction ${Math.round(stored.cpu)}`, cpu: request.cpu + stored.cpu };
  }

  /** The same and what it takes to read one key. */
  async read(what: string, inFlight: number, answer: Buffer): Promise<Limit> {
    const request = await this.request(what, inFlight, answer);
    const range = await this.#once(`range ${inFlight}`, async () => {
      const store = await this.#storeClient();
      return named('range', await this.#loop(inFlight, this.#servers.store, () => store.range('/bench/none', { countOnly: true })));
    });
    return { name: `bare HTTPS ${Math.round(request.cpu)} + read of a key ${Math.round(range.cpu)}`, cpu: request.cpu + range.cpu };
  }

  transaction(inFlight: number, value: Buffer): Promise<Limit> {
    return this.#once(`transaction ${inFlight} ${value.length >> 10}`, async () => {
      const store = await this.#storeClient();
      const known = new Map<string, number>();
      const one = async (slot: number): Promise<void> => {
        const key = `/bench/${slot}`;
        known.set(key, (await store.txn([{ key, modRevision: known.get(key) ?? 0 }], [{ kind: 'put', key, value }])).revision);
      };
      for (let slot = 0; slot < inFlight; slot++) known.set(`/bench/${slot}`, (await store.range(`/bench/${slot}`)).values[0]?.modRevision ?? 0);
      return named('transaction', await this.#loop(inFlight, this.#servers.store, one));
    });
  }

  /** A long answer with back-pressure. */
  list(what: string, bytes: Buffer): Promise<Limit> {
    return this.#once(`list ${what}`, async () => {
      const { process, client } = await this.#server();
      await client.request('PUT', '/list', { body: bytes });
      return named('bare HTTPS', await this.#loop(1, process.pid, () => client.request('GET', '/list')));
    });
  }

  /** One event written to many open answers. */
  watch(what: string, pace: Pace, event: Buffer): Promise<Limit> {
    return this.#once(`watch ${what}`, async () => {
      const { process, client, port } = await this.#server();
      const { sample } = await deliver({ port, keys: join(this.#servers.dir, 'pki'), path: '/watch', pids: [process.pid], pace, update: (stamp) => client.request('POST', '/push', { body: withStamp(event, stamp) }) });
      return named('bare HTTPS', sample);
    });
  }

  /** Milliseconds until an empty server answers, and its memory in MB. */
  async empty(): Promise<{ readonly startMs: number; readonly emptyMb: number }> {
    return this.#server();
  }

  async end(): Promise<void> {
    const bare = await this.#bare;
    bare?.client.close();
    await bare?.process.end();
    await (await this.#store)?.close();
  }

  #loop(inFlight: number, pid: number, one: (slot: number) => Promise<unknown>): Promise<Sample> {
    return closedLoop({ inFlight, seconds: this.#seconds, warmupSeconds: this.#seconds, pids: [pid], one });
  }

  #once(key: string, measure: () => Promise<Limit>): Promise<Limit> {
    let limit = this.#known.get(key);
    if (limit === undefined) this.#known.set(key, (limit = measure()));
    return limit;
  }

  #storeClient(): Promise<Store> {
    return (this.#store ??= this.#servers.openStore());
  }

  #server(): Promise<Bare> {
    return (this.#bare ??= this.#start());
  }

  async #start(): Promise<Bare> {
    const port = await freePort();
    const began = performance.now();
    const process = await startProcess(node, [join(import.meta.dirname, '../lib/bare-https.ts'), String(port), join(this.#servers.dir, 'pki')], '/dev/null');
    const client = new HttpsClient(port, this.#servers.tls);
    for (let attempt = 0; ; attempt++) {
      const failure = await client.request('GET', '/').then(() => undefined, (error: unknown) => error);
      if (failure === undefined) return { process, client, port, startMs: performance.now() - began, emptyMb: memoryOf(process.pid) };
      if (attempt > connectAttempts) throw failure;
      await sleep(5);
    }
  }
}

function named(name: string, { cpu }: Sample): Limit {
  return { name, cpu };
}

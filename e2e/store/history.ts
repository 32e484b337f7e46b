import { linearize, type Operation } from '@rhythm/simulator';
import { GrpcError, unary } from '@rhythm/grpc';
import { KVService, type PutRequest, type RangeRequest } from '@rhythm/proto/etcd';
import type { StoreMember } from './store-cluster.ts';

const deadlineMs = 1000;
const nothing = '(nothing)';

interface Recorded {
  readonly key: string;
  readonly kind: 'put' | 'get';
  /** Put, or read. */
  readonly value: string;
  readonly start: number;
  /** Infinity: nobody knows whether it happened. */
  readonly end: number;
}

/** Clients that put and get on a few keys, and what each of them saw. */
export class History {
  readonly #records: Recorded[] = [];
  readonly #keys: readonly string[];
  readonly #members: () => readonly StoreMember[];
  #stopped = false;
  #running: Array<Promise<void>> = [];
  #count = 0;
  acknowledged = 0;
  /** Revisions at which puts were acknowledged, with key and value. */
  readonly puts = new Map<number, string>();

  constructor(members: () => readonly StoreMember[], keys: number) {
    this.#members = members;
    this.#keys = Array.from({ length: keys }, (_, at) => `history/${at}`);
  }

  run(clients: number): void {
    this.#running = Array.from({ length: clients }, (_, client) => this.#client(client));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#running);
  }

  /** Resolves once this many more operations were acknowledged. */
  async more(count: number, withinMs: number): Promise<void> {
    const [until, goal] = [Date.now() + withinMs, this.acknowledged + count];
    while (this.acknowledged < goal) {
      if (Date.now() > until) throw new Error(`only ${this.acknowledged - goal + count} of ${count} operations within ${withinMs} ms`);
      await new Promise((done) => setTimeout(done, 20));
    }
  }

  /** Throws unless there is an order of the operations on each key that explains what all clients saw. */
  check(): void {
    for (const key of this.#keys) {
      const all = this.#records.filter((record) => record.key === key);
      const read = new Set(all.filter(({ kind }) => kind === 'get').map(({ value }) => value));
      // One that nobody knows of and nobody saw explains nothing.
      const relevant = all.filter(({ end, value }) => end !== Infinity || read.has(value));
      const operations = relevant.map(({ kind, value, start, end }): Operation<string> => ({
        start,
        end,
        text: `${kind} ${value}`,
        step: (state) => (kind === 'put' ? value : state === value ? state : undefined),
      }));
      const { isLinearizable, longest } = linearize(operations, nothing, (state) => state);
      if (isLinearizable !== true) {
        throw new Error(`the history of ${key} ${isLinearizable === undefined ? 'could not be judged' : 'is not linearizable'}: of ${operations.length} operations ${longest.length} fit, the last ${longest.slice(-3).map(({ text }) => text).join(', ')}`);
      }
    }
  }

  async #client(client: number): Promise<void> {
    for (let n = client; !this.#stopped; n++) {
      const members = this.#members();
      const member = members[n % members.length] as StoreMember;
      const key = this.#keys[n % this.#keys.length] as string;
      await (n % 3 === 0 ? this.#get(member, key) : this.#put(member, key, `${client}.${this.#count++}`));
      await new Promise((done) => setTimeout(done, 10));
    }
  }

  async #put(member: StoreMember, key: string, value: string): Promise<void> {
    const start = performance.now();
    const record = (end: number): void => void this.#records.push({ key, kind: 'put', value, start, end });
    const request: PutRequest = { key: Buffer.from(key), value: Buffer.from(value), lease: 0n, prevKv: false, ignoreValue: false, ignoreLease: false };
    try {
      const { header } = await unary(member.client, KVService.put, request, { deadlineMs });
      record(performance.now());
      this.acknowledged++;
      this.puts.set(Number(header?.revision), `${key}=${value}`);
    } catch (error) {
      if (!(error instanceof GrpcError)) throw error;
      record(Infinity);
    }
  }

  async #get(member: StoreMember, key: string): Promise<void> {
    const start = performance.now();
    try {
      const { kvs } = await unary(member.client, KVService.range, rangeOf(key), { deadlineMs });
      const [found] = kvs;
      this.#records.push({ key, kind: 'get', value: found === undefined ? nothing : Buffer.from(found.value).toString(), start, end: performance.now() });
      this.acknowledged++;
    } catch (error) {
      if (!(error instanceof GrpcError)) throw error;
    }
  }
}

export function rangeOf(key: string): RangeRequest {
  return {
    key: Buffer.from(key), rangeEnd: new Uint8Array(0), limit: 0n, revision: 0n, sortOrder: 0, sortTarget: 0, serializable: false, keysOnly: false, countOnly: false,
    minModRevision: 0n, maxModRevision: 0n, minCreateRevision: 0n, maxCreateRevision: 0n,
  };
}

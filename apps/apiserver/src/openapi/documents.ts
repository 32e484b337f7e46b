import { encodeOpenApiV2, openApiV2, openApiV3, type KindRegistry } from '@rhythm/api';
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { gitVersion } from '../discovery/version.ts';
import type { DescriptionSource } from './description-source.ts';

/** A document as it is kept: it is large, and mostly sent compressed. */
export interface StoredDocument {
  /** Of what is not compressed. */
  readonly hash: string;
  readonly zipped: Uint8Array;
}

const zip = promisify(gzip);

/** What there is under one state of the descriptions; each is made when it is first asked for. */
interface Generation {
  readonly stamp: string;
  readonly made: Map<string, Promise<unknown>>;
}

/** The OpenAPI documents of the served kinds, made when somebody asks and kept compressed until the descriptions change. */
export class Documents {
  readonly #registry: KindRegistry;
  readonly #source: DescriptionSource;
  readonly #groupVersions: ReadonlyMap<string, { readonly group: string; readonly version: string }>;
  #generation: Generation | undefined;

  constructor(registry: KindRegistry, source: DescriptionSource) {
    this.#registry = registry;
    this.#source = source;
    const all = registry.groups.flatMap(({ group, versions }) => versions.map((version) => [group === '' ? `api/${version}` : `apis/${group}/${version}`, { group, version }] as const));
    this.#groupVersions = new Map(all);
  }

  v2(form: 'json' | 'protobuf'): Promise<StoredDocument> {
    return this.#once(form, async () => {
      const document = openApiV2(this.#registry.kinds, gitVersion, await this.#source.read());
      return store(form === 'protobuf' ? encodeOpenApiV2(document) : json(document));
    });
  }

  /** By path below `/openapi/v3/`. All at once: their index names the hash of each. */
  v3(): Promise<ReadonlyMap<string, StoredDocument>> {
    return this.#once('v3', async () => {
      const descriptions = await this.#source.read();
      const documents = new Map<string, StoredDocument>();
      // One after the other, and compressed elsewhere: other requests go in between.
      for (const [path, { group, version }] of this.#groupVersions) documents.set(path, await store(json(openApiV3(this.#registry.kinds, group, version, gitVersion, descriptions) ?? {})));
      return documents;
    });
  }

  v3Index(): Promise<StoredDocument> {
    return this.#once('index', async () => {
      const paths = [...(await this.v3())].map(([path, { hash }]) => [path, { serverRelativeURL: `/openapi/v3/${path}?hash=${hash}` }] as const);
      return store(json({ paths: Object.fromEntries(paths) }));
    });
  }

  /** Whoever asks while it is made waits for the same; a failure is not kept. */
  async #once<T>(key: string, make: () => Promise<T>): Promise<T> {
    const stamp = await this.#source.stamp();
    if (this.#generation?.stamp !== stamp) this.#generation = { stamp, made: new Map() };
    const { made } = this.#generation;
    const known = made.get(key) as Promise<T> | undefined;
    if (known !== undefined) return known;
    const making = make();
    made.set(key, making);
    making.catch(() => made.delete(key));
    return making;
  }
}

function json(value: object): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}

async function store(body: Uint8Array): Promise<StoredDocument> {
  return { hash: createHash('sha256').update(body).digest('hex').toUpperCase(), zipped: await zip(body) };
}

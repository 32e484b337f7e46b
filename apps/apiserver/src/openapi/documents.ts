import { apiVersionOf, encodeOpenApiV2, openApiV2, openApiV3, type KindDefinition, type KindRegistry } from '@rhythm/api';
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { mergedV2, type OpenApiPart } from './openapi-part.ts';
import { gitVersion } from '../discovery/version.ts';
import type { DescriptionSource } from './description-source.ts';

/** A document as it is kept: it is large, and mostly sent compressed. */
export interface StoredDocument {
  /** Of what is not compressed. */
  readonly hash: string;
  readonly zipped: Uint8Array;
}

/** Documents of what other servers serve (API aggregation). */
export interface OtherDocuments {
  /** Grows with every change. */
  readonly generation: number;
  /** Documents of OpenAPI v3 by path, with what names their content. */
  readonly v3Paths: ReadonlyMap<string, string>;
  /** Whether what the path is about is another server's. */
  isOther(path: string): boolean;
  /** A document that is made here because its server has none; `undefined`: that one is to be asked. */
  v3(path: string): Promise<object | undefined>;
  v2Parts(): Promise<readonly OpenApiPart[]>;
}

const noOthers: OtherDocuments = { generation: 0, v3Paths: new Map(), isOther: () => false, v3: () => Promise.resolve(undefined), v2Parts: () => Promise.resolve([]) };

const zip = promisify(gzip);

/** What there is under one state of the descriptions and of what is served; each is made when it is first asked for. */
interface Generation {
  readonly stamp: string;
  readonly served: string;
  readonly made: Map<string, Promise<unknown>>;
}

interface GroupVersion {
  readonly group: string;
  readonly version: string;
}

/**
 * The OpenAPI documents of the served kinds, made when somebody asks and kept compressed until the descriptions change or what
 * is served. A group of custom resources only is made by itself: a thousand definitions cost nothing until asked for.
 */
export class Documents {
  readonly #registry: KindRegistry;
  readonly #source: DescriptionSource;
  readonly #others: OtherDocuments;
  #generation: Generation | undefined;
  #byVersion: { readonly generation: number; readonly kinds: ReadonlyMap<string, readonly KindDefinition[]> } | undefined;
  /** Documents of group versions by path, with what they were made of. */
  readonly #kept = new Map<string, { readonly of: string; readonly document: Promise<StoredDocument> }>();

  constructor(registry: KindRegistry, source: DescriptionSource, others: OtherDocuments = noOthers) {
    this.#registry = registry;
    this.#source = source;
    this.#others = others;
  }

  v2(form: 'json' | 'protobuf'): Promise<StoredDocument> {
    return this.#once(form, async () => {
      const document = mergedV2(openApiV2(this.#registry.kinds, gitVersion, await this.#source.read()), await this.#others.v2Parts());
      return store(form === 'protobuf' ? encodeOpenApiV2(document) : json(document));
    });
  }

  /** By path below `/openapi/v3/`; undefined when nothing of it is served. */
  async v3(path: string): Promise<StoredDocument | undefined> {
    if (this.#others.isOther(path)) return this.#once(path, async () => this.#madeOf(path));
    const found = this.#groupVersions().get(path);
    return found === undefined ? undefined : this.#document(path, found);
  }

  v3Index(): Promise<StoredDocument> {
    return this.#once('index', async () => {
      const paths: [string, { serverRelativeURL: string }][] = [];
      // One after the other, and compressed elsewhere: other requests go in between.
      for (const [path, found] of this.#groupVersions()) if (!this.#others.isOther(path)) paths.push([path, { serverRelativeURL: `/openapi/v3/${path}?hash=${await this.#hash(path, found)}` }]);
      for (const [path, hash] of this.#others.v3Paths) paths.push([path, { serverRelativeURL: `/openapi/v3/${path}${hash === '' ? '' : `?hash=${encodeURIComponent(hash)}`}` }]);
      return store(json({ paths: Object.fromEntries(paths) }));
    });
  }

  async #madeOf(path: string): Promise<StoredDocument | undefined> {
    const document = await this.#others.v3(path);
    const hash = this.#others.v3Paths.get(path);
    return document === undefined || hash === undefined ? undefined : { ...(await store(json(document))), hash };
  }

  #groupVersions(): ReadonlyMap<string, GroupVersion> {
    return new Map(this.#registry.groups.flatMap(({ group, versions }) => versions.map((version) => [group === '' ? `api/${version}` : `apis/${group}/${version}`, { group, version }] as const)));
  }

  /** What names a document: its content's hash; of custom resources that of their definitions, so that the index needs no documents. */
  async #hash(path: string, of: GroupVersion): Promise<string> {
    const own = this.#kindsOf(of);
    return own.every(({ custom }) => custom !== undefined) ? sourceOf(own) : (await this.#document(path, of)).hash;
  }

  async #document(path: string, of: GroupVersion): Promise<StoredDocument> {
    const own = this.#kindsOf(of);
    const source = `${await this.#source.stamp()} ${sourceOf(own)}`;
    const kept = this.#kept.get(path);
    if (kept?.of === source) return kept.document;
    const document = this.#make(of, own);
    this.#kept.set(path, { of: source, document });
    document.catch(() => this.#kept.delete(path));
    return document;
  }

  async #make({ group, version }: GroupVersion, own: readonly KindDefinition[]): Promise<StoredDocument> {
    const document = await store(json(openApiV3(own, group, version, gitVersion, await this.#source.read()) ?? {}));
    return own.every(({ custom }) => custom !== undefined) ? { ...document, hash: sourceOf(own) } : document;
  }

  /** By group and version, put together once for each state of what is served: a thousand groups are not to be looked through a thousand times. */
  #kindsOf({ group, version }: GroupVersion): readonly KindDefinition[] {
    if (this.#byVersion?.generation !== this.#registry.generation) this.#byVersion = { generation: this.#registry.generation, kinds: Map.groupBy(this.#registry.kinds, apiVersionOf) };
    return this.#byVersion.kinds.get(apiVersionOf({ group, version })) ?? [];
  }

  /** Whoever asks while it is made waits for the same; a failure is not kept. */
  async #once<T>(key: string, make: () => Promise<T>): Promise<T> {
    const stamp = await this.#source.stamp();
    const served = `${this.#registry.generation} ${this.#others.generation}`;
    if (this.#generation?.stamp !== stamp || this.#generation.served !== served) this.#generation = { stamp, served, made: new Map() };
    const { made } = this.#generation;
    const known = made.get(key) as Promise<T> | undefined;
    if (known !== undefined) return known;
    const making = make();
    made.set(key, making);
    making.catch(() => made.delete(key));
    return making;
  }
}

const sources = new WeakMap<KindDefinition, string>();

/** What a document of these kinds is made of, beside the descriptions: built-in ones never change. Of each kind it is found out once: a definition that changes is other kinds. */
function sourceOf(kinds: readonly KindDefinition[]): string {
  const whole = createHash('sha256');
  for (const kind of kinds) {
    let source = sources.get(kind);
    if (source === undefined) {
      const { plural, listKind, namespaced, verbs, subresources, custom } = kind;
      source = hashOf(JSON.stringify([plural, kind.kind, listKind, namespaced, verbs, subresources, custom?.openApi ?? null]));
      sources.set(kind, source);
    }
    whole.update(source);
  }
  return whole.digest('hex').toUpperCase();
}

function hashOf(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex').toUpperCase();
}

function json(value: object): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}

async function store(body: Uint8Array): Promise<StoredDocument> {
  return { hash: hashOf(body), zipped: await zip(body) };
}

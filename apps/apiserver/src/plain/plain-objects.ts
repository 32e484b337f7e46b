import { kindRegistry, type KubeObject } from '@rhythm/api';
import { formatTime, randomSuffix, randomUuid, type Clock, type Random } from '@rhythm/base';
import type { Store, StoreEvent, StoreWrite } from '@rhythm/store-client';
import type { ResourcePath } from '../ports/path.ts';

export type Plain = KubeObject & Record<string, unknown>;
/** What a request gets: a status and a document. */
export interface PlainReply {
  readonly code: number;
  readonly body: object;
}

const root = '/plain/';

/** What keys of a collection begin with; of all namespaces when the path names none. */
export function collectionPrefix({ group, resource, namespace }: ResourcePath): string {
  return `${root}${group}/${resource}/${namespace === '' ? '' : `${namespace}/`}`;
}

const keyOf = (path: ResourcePath, name = path.name): string => `${root}${path.group}/${path.resource}/${path.namespace}/${name}${path.subresource === '' ? '' : `\u0001${path.subresource}`}`;

/** Subresources are documents of their own, which no list shows. */
const isListed = (key: string): boolean => !key.includes('\u0001');

const notFound: PlainReply = { code: 404, body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', reason: 'NotFound', message: 'not found', code: 404 } };

/** Documents in a store, without any rule: what is written is read again. */
export class PlainObjects {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #random: Random;

  constructor({ store, clock, random }: { readonly store: Store; readonly clock: Clock; readonly random: Random }) {
    this.#store = store;
    this.#clock = clock;
    this.#random = random;
  }

  /** Stores what has a name or a prefix for one; all else (reviews, subresources) comes back as it is. */
  async create(path: ResourcePath, body: Plain): Promise<PlainReply> {
    const { name, generateName } = body.metadata ?? {};
    const chosen = name ?? (generateName === undefined ? undefined : `${generateName}${randomSuffix(this.#random)}`);
    if (chosen === undefined || path.name !== '') return { code: 201, body };
    const metadata = { ...body.metadata, name: chosen, ...(path.namespace === '' ? {} : { namespace: path.namespace }), uid: randomUuid(this.#random), creationTimestamp: formatTime(this.#clock.now()) };
    return { code: 201, body: await this.#put(keyOf(path, chosen), { ...body, metadata }) };
  }

  async get(path: ResourcePath): Promise<PlainReply> {
    const found = (await this.#read(keyOf(path))) ?? (await this.#read(keyOf({ ...path, subresource: '' })));
    return found === undefined ? notFound : { code: 200, body: found };
  }

  async replace(path: ResourcePath, body: Plain): Promise<PlainReply> {
    return { code: 200, body: await this.#put(keyOf(path), body) };
  }

  /** Members of the patch replace members of the document, whatever kind of patch it is. */
  async patch(path: ResourcePath, patch: Plain): Promise<PlainReply> {
    const { code, body } = await this.get(path);
    if (code !== 200) return notFound;
    const before = body as Plain;
    const members: Partial<Plain> = Array.isArray(patch) ? {} : patch;
    return { code: 200, body: await this.#put(keyOf(path), { ...before, ...members, metadata: { ...before.metadata, ...members.metadata } }) };
  }

  async remove(path: ResourcePath): Promise<PlainReply> {
    const before = await this.#read(keyOf(path));
    if (before === undefined) return notFound;
    await this.#store.txn([], [{ kind: 'delete', key: keyOf(path) }]);
    return { code: 200, body: before };
  }

  /** Everything of the collection, whatever was selected. */
  async removeAll(path: ResourcePath): Promise<PlainReply> {
    const { code, body } = await this.list(path);
    const prefix = collectionPrefix(path);
    const { values } = await this.#store.range(prefix, { end: `${prefix.slice(0, -1)}0`, keysOnly: true });
    await this.#store.txn([], values.map(({ key }): StoreWrite => ({ kind: 'delete', key })));
    return { code, body };
  }

  async list(path: ResourcePath): Promise<PlainReply> {
    const prefix = collectionPrefix(path);
    const { values, revision } = await this.#store.range(prefix, { end: `${prefix.slice(0, -1)}0` });
    const items = values.filter(({ key }) => isListed(key)).map(({ value, modRevision }) => documentOf(value, modRevision));
    const kind = kindRegistry.byResource(path.group, path.version, path.resource)?.kind ?? items[0]?.kind ?? '';
    return { code: 200, body: { kind: `${kind}List`, apiVersion: path.group === '' ? path.version : `${path.group}/${path.version}`, metadata: { resourceVersion: String(revision) }, items } };
  }

  /** All changes of a collection from a revision on, or from now. */
  async *watch(path: ResourcePath, from: number, signal: AbortSignal): AsyncGenerator<{ readonly type: string; readonly object: object }> {
    const prefix = collectionPrefix(path);
    const revision = from > 0 ? from : (await this.#store.range(root, { countOnly: true })).revision;
    for await (const { events } of this.#store.watch(prefix, revision + 1, { previous: true, signal })) {
      for (const event of events) if (isListed(event.key)) yield changeOf(event);
    }
  }

  async #read(key: string): Promise<Plain | undefined> {
    const [found] = (await this.#store.range(key)).values;
    return found === undefined ? undefined : documentOf(found.value, found.modRevision);
  }

  async #put(key: string, document: Plain): Promise<Plain> {
    const { revision } = await this.#store.txn([], [{ kind: 'put', key, value: Buffer.from(JSON.stringify(document)) }]);
    return { ...document, metadata: { ...document.metadata, resourceVersion: String(revision) } };
  }
}

function documentOf(value: Uint8Array, revision: number): Plain {
  const document = JSON.parse(Buffer.from(value).toString()) as Plain;
  return { ...document, metadata: { ...document.metadata, resourceVersion: String(revision) } };
}

function changeOf(event: StoreEvent): { readonly type: string; readonly object: object } {
  if (event.type === 'delete') return { type: 'DELETED', object: event.previous === undefined ? {} : documentOf(event.previous.value, event.modRevision) };
  return { type: event.createRevision === event.modRevision ? 'ADDED' : 'MODIFIED', object: documentOf(event.value, event.modRevision) };
}

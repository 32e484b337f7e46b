import { apiVersionOf, fromStored, type KindDefinition, type KubeObject } from '@rhythm/api';
import type { Clock } from '@rhythm/base';
import { stringify } from 'yaml';
import { limits } from '../limits.ts';
import { metadataPlace, parseWithoutFields, putFields } from '../stored/metadata-place.ts';
import { parseObject } from '../stored/stored-form.ts';
import type { Entry } from '../watch-cache/entry.ts';
import { Held } from '../watch-cache/held.ts';
import type { ListResult } from '../watch-cache/list.ts';
import { KeptForms } from './kept-forms.ts';
import type { Rendering } from './negotiate.ts';
import { Rows } from './rows.ts';
import { SliceGroup, SlicedBody } from './sliced-body.ts';
import { Turn } from './turn.ts';
import { SharedBatches } from './shared-batches.ts';
import { protobufListOf, toProtobuf } from './protobuf.ts';
import { columnDefinitions, partialOf, tableRow, type IncludeObject } from './table.ts';

const comma = Buffer.from(',');
const listEnd = Buffer.from(']}');

/** Metadata by itself, as protobuf has it. */
const partialKind = { group: 'meta.k8s.io', version: 'v1', kind: 'PartialObjectMetadata', listKind: 'PartialObjectMetadataList' };

/**
 * The only way out of the cache: an entry in the version and form that a client asked for. The stored version
 * in JSON is the entry's own bytes; everything else is made on demand.
 */
export class Renderer {
  readonly #clock: Clock;
  readonly #kept: KeptForms;
  readonly #rows: Rows;
  /** Of watches. */
  readonly batches = new SharedBatches();

  /** @param bytesMax of what it remembers */
  constructor(clock: Clock, bytesMax: number = limits.renderCacheBytesMax) {
    this.#clock = clock;
    this.#kept = new KeptForms(clock, { bytesMax, idleMs: limits.renderIdleMs, restMs: limits.renderRestMs });
    this.#rows = new Rows(this.#kept);
  }

  /** Forgets what it has rendered. */
  stop(): void {
    this.#kept.clear();
  }

  entry(kind: KindDefinition, entry: Entry, rendering: Rendering, include: IncludeObject = 'Metadata', withColumns = true): Uint8Array {
    if (rendering.as === 'table') return this.#write(this.#table(kind, [entry], { resourceVersion: String(entry.revision) }, rendering, include, withColumns), rendering);
    return this.#form(kind, entry, rendering).bytes;
  }

  /** No Table. */
  #form(kind: KindDefinition, entry: Entry, rendering: Rendering): Held {
    if (rendering.as === 'object' && rendering.encoding === 'json' && kind.storedAs === undefined) return entry;
    const form = `${rendering.encoding} ${rendering.as} ${rendering.metaVersion} ${kind.version}`;
    const known = this.#kept.bytesOf(form, kind, entry);
    if (known !== undefined) return known;
    const object = this.#objectOf(kind, entry);
    const made = new Held(this.#write(rendering.as === 'partial' ? partialOf(object, rendering.metaVersion) : object, rendering));
    this.#kept.keepBytes(form, kind, entry, made);
    return made;
  }

  /** An object that is in no cache: a dry run's result, a Scale, a Status, a review. */
  object(object: object, rendering: Rendering, kind?: KindDefinition, include: IncludeObject = 'Metadata'): Uint8Array {
    if (kind !== undefined && rendering.as === 'table') {
      const rows = [tableRow(kind, object as KubeObject, include, rendering.metaVersion, this.#clock.now())];
      return this.#write({ kind: 'Table', apiVersion: `meta.k8s.io/${rendering.metaVersion}`, metadata: {}, columnDefinitions: columnDefinitions(kind), rows }, rendering);
    }
    return this.#write(kind !== undefined && rendering.as === 'partial' ? partialOf(object as KubeObject, rendering.metaVersion) : object, rendering);
  }

  /** A list in pieces, so that no large one is ever held as a whole. */
  list(kind: KindDefinition, list: ListResult, rendering: Rendering, include: IncludeObject = 'Metadata'): Uint8Array | AsyncIterable<Uint8Array> {
    const metadata = { resourceVersion: String(list.revision), ...(list.continue === undefined ? {} : { continue: list.continue }), ...(list.remaining === undefined ? {} : { remainingItemCount: list.remaining }) };
    if (rendering.encoding === 'protobuf') return new SlicedBody(this.#protobufList(kind, metadata, list.entries, rendering.as === 'partial'));
    if (rendering.as === 'table') return new SlicedBody(rendering.encoding === 'json' ? this.#jsonTable(kind, metadata, list.entries, rendering, include) : this.#yamlTable(kind, metadata, list.entries, rendering, include));
    const partial = rendering.as === 'partial';
    const head = partial ? { kind: 'PartialObjectMetadataList', apiVersion: `meta.k8s.io/${rendering.metaVersion}`, metadata } : { kind: kind.listKind, apiVersion: apiVersionOf(kind), metadata };
    if (rendering.encoding === 'yaml') return new SlicedBody(this.#yamlList(head, 'items', list.entries, (entry) => (partial ? partialOf(this.#objectOf(kind, entry), rendering.metaVersion) : this.#objectOf(kind, entry))));
    return new SlicedBody(this.#jsonList(kind, head, list.entries, rendering));
  }

  /** An object without content that says how far a watch is. */
  bookmark(kind: KindDefinition, revision: number, initialEventsEnd: boolean, rendering: Rendering): Uint8Array {
    const metadata = { resourceVersion: String(revision), ...(initialEventsEnd ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {}) };
    if (rendering.as === 'table') {
      const row = { cells: kind.columns.map(() => null), object: { kind: 'PartialObjectMetadata', apiVersion: `meta.k8s.io/${rendering.metaVersion}`, metadata } };
      return this.#write({ kind: 'Table', apiVersion: `meta.k8s.io/${rendering.metaVersion}`, metadata: { resourceVersion: String(revision) }, columnDefinitions: [], rows: [row] }, rendering);
    }
    const type = rendering.as === 'partial' ? { kind: 'PartialObjectMetadata', apiVersion: `meta.k8s.io/${rendering.metaVersion}` } : { kind: kind.kind, apiVersion: apiVersionOf(kind) };
    return this.#write({ ...type, metadata }, rendering);
  }

  async *#jsonList(kind: KindDefinition, head: object, entries: readonly Entry[], rendering: Rendering): AsyncGenerator<readonly Uint8Array[]> {
    const group = new SliceGroup();
    // Another version, or metadata alone, have to be made of each.
    const turn = new Turn(this.#clock);
    group.push(Buffer.from(`${JSON.stringify(head).slice(0, -1)},"items":[`));
    for (const [index, entry] of entries.entries()) {
      if (index > 0) group.push(comma);
      group.pushHeld(this.#form(kind, entry, rendering));
      if (group.isFull) yield group.take();
      if (turn.isOver()) await turn.next();
    }
    group.push(listEnd);
    yield group.take();
  }

  async *#jsonTable(kind: KindDefinition, metadata: object, entries: readonly Entry[], rendering: Rendering, include: IncludeObject): AsyncGenerator<readonly Uint8Array[]> {
    const now = this.#clock.now();
    const turn = new Turn(this.#clock);
    const group = new SliceGroup();
    const rowEnd = Buffer.from(include === 'Metadata' ? '}}' : '}');
    group.push(Buffer.from(`${JSON.stringify({ kind: 'Table', apiVersion: `meta.k8s.io/${rendering.metaVersion}`, metadata, columnDefinitions: columnDefinitions(kind) }).slice(0, -1)},"rows":[`));
    for (const [index, entry] of entries.entries()) {
      if (index > 0) group.push(comma);
      const row = include === 'Object' ? undefined : this.#rows.of(kind, entry, now);
      if (row === undefined) group.push(Buffer.from(JSON.stringify(tableRow(kind, this.#objectOf(kind, entry), include, rendering.metaVersion, now))));
      else if (include === 'None') group.push(Buffer.from(`{"cells":${row.cells},"object":null`), rowEnd);
      else {
        group.push(Buffer.from(`{"cells":${row.cells},"object":{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/${rendering.metaVersion}","metadata":`));
        group.pushHeld(entry, row.from, row.to);
        group.push(rowEnd);
      }
      if (group.isFull) yield group.take();
      if (turn.isOver()) await turn.next();
    }
    group.push(listEnd);
    yield group.take();
  }

  /** The envelope begins with the length of everything, so all items are encoded before the first is sent. Those for which there is no room are encoded again then. */
  async *#protobufList(kind: KindDefinition, metadata: object, entries: readonly Entry[], isPartial: boolean): AsyncGenerator<readonly Uint8Array[]> {
    const encode = protobufListOf(isPartial ? partialKind : kind);
    const turn = new Turn(this.#clock);
    const form = `${isPartial ? 'partial item' : 'item'} ${kind.version}`;
    const made = (entry: Entry): Held => {
      const object = this.#objectToEncode(kind, entry);
      return new Held(encode.item(isPartial ? partialOf(object, 'v1') : object));
    };
    const lengths: number[] = [];
    const items: Array<Held | undefined> = [];
    for (let [index, held] = [0, 0]; index < entries.length; index++) {
      const entry = entries[index] as Entry;
      let item = this.#kept.bytesOf(form, kind, entry);
      if (item === undefined) {
        const fresh = made(entry);
        lengths.push(fresh.length);
        if (this.#kept.keepBytes(form, kind, entry, fresh)) item = fresh;
        else if (held + fresh.length <= limits.listHeldBytesMax) {
          item = fresh;
          held += fresh.length;
        }
      } else lengths.push(item.length);
      items.push(item);
      if (turn.isOver()) await turn.next();
    }
    const group = new SliceGroup();
    group.push(encode.head(metadata, lengths));
    for (const [index, entry] of entries.entries()) {
      const item = items[index] ?? made(entry);
      group.push(encode.itemHead(item.length));
      group.pushHeld(item);
      if (group.isFull) yield group.take();
      if (turn.isOver()) await turn.next();
    }
    yield group.take();
  }

  /** Item by item: all together they would be many times as long in memory as what is sent. */
  async *#yamlList(head: object, member: string, entries: readonly Entry[], made: (entry: Entry) => object): AsyncGenerator<readonly Uint8Array[]> {
    const group = new SliceGroup();
    const turn = new Turn(this.#clock, 1);
    const title = `${member}:\n`;
    group.push(Buffer.from(entries.length === 0 ? yamlOf({ ...head, [member]: [] }) : `${yamlOf(head)}${title}`));
    for (const entry of entries) {
      group.push(Buffer.from(yamlOf({ [member]: [made(entry)] }).slice(title.length)));
      if (group.isFull) yield group.take();
      if (turn.isOver()) await turn.next();
    }
    yield group.take();
  }

  #yamlTable(kind: KindDefinition, metadata: object, entries: readonly Entry[], rendering: Rendering, include: IncludeObject): AsyncGenerator<readonly Uint8Array[]> {
    const now = this.#clock.now();
    const head = { kind: 'Table', apiVersion: `meta.k8s.io/${rendering.metaVersion}`, metadata, columnDefinitions: columnDefinitions(kind) };
    return this.#yamlList(head, 'rows', entries, (entry) => tableRow(kind, this.#objectOf(kind, entry), include, rendering.metaVersion, now));
  }

  #table(kind: KindDefinition, entries: readonly Entry[], metadata: object, rendering: Rendering, include: IncludeObject, withColumns: boolean): object {
    const now = this.#clock.now();
    return {
      kind: 'Table',
      apiVersion: `meta.k8s.io/${rendering.metaVersion}`,
      metadata,
      columnDefinitions: withColumns ? columnDefinitions(kind) : [],
      rows: entries.map((entry) => tableRow(kind, this.#objectOf(kind, entry), include, rendering.metaVersion, now)),
    };
  }

  #objectOf(kind: KindDefinition, entry: Entry): KubeObject {
    return fromStored(kind, parseObject(entry.bytes));
  }

  /** The object for protobuf, in which managed fields are JSON as here: they are taken over as bytes. */
  #objectToEncode(kind: KindDefinition, entry: Entry): KubeObject {
    const { bytes } = entry;
    const place = kind.storedAs === undefined ? metadataPlace(kind, bytes) : undefined;
    const object = place === undefined ? undefined : parseWithoutFields(bytes, place);
    return place !== undefined && object !== undefined && putFields(object, bytes, place) ? object : this.#objectOf(kind, entry);
  }

  #write(object: object, rendering: Rendering): Uint8Array {
    switch (rendering.encoding) {
      case 'json':
        return Buffer.from(JSON.stringify(object));
      case 'yaml':
        return Buffer.from(yamlOf(object));
      case 'protobuf':
        return toProtobuf(object);
    }
  }
}

function yamlOf(object: object): string {
  return stringify(object, { version: '1.1', aliasDuplicateObjects: false });
}

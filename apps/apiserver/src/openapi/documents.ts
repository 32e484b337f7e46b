import { apiVersionOf, definitionNameOf, openApiPieces, type KindDefinition, type KindRegistry } from '@rhythm/api';
import type { Clock } from '@rhythm/base';
import { Turn } from '../render/turn.ts';
import { hashOf, hashOfKinds } from './content-hash.ts';
import type { DescriptionSource } from './description-source.ts';
import { v2Json, v2Protobuf, v3Json, type DocumentForm } from './form.ts';
import { KindParts, makePart, type KindPart } from './kind-parts.ts';
import { documentOf, MemberWriter, segmentedText, type MemberLists } from './member-lists.ts';
import type { OpenApiPart } from './openapi-part.ts';
import { OtherParts } from './other-parts.ts';
import type { SegmentedText } from './segmented-text.ts';

/** A document under the name of its content, which is known before anything of it is made. */
export interface NamedDocument {
  readonly hash: string;
  text(): Promise<SegmentedText>;
}

/** Documents of what other servers serve (API aggregation). */
export interface OtherDocuments {
  /** Grows with every change. */
  readonly generation: number;
  /** Documents of OpenAPI v3 by path, with what names their content. */
  readonly v3Paths: ReadonlyMap<string, string>;
  /** Names the content of all parts of v2. */
  readonly v2Hash: string;
  /** Whether what the path is about is another server's. */
  isOther(path: string): boolean;
  /** A document that is made here because its server has none; `undefined`: that one is to be asked. */
  v3(path: string): Promise<object | undefined>;
  v2Parts(): Promise<readonly OpenApiPart[]>;
}

const noOthers: OtherDocuments = { generation: 0, v3Paths: new Map(), v2Hash: '', isOther: () => false, v3: () => Promise.resolve(undefined), v2Parts: () => Promise.resolve([]) };

/** What is served at one time, and what has been made of it. */
interface State {
  readonly descriptions: string;
  readonly served: string;
  /** Without those that a definition and another server have: the other one's document counts. */
  readonly v2Kinds: readonly KindDefinition[];
  readonly byPath: ReadonlyMap<string, readonly KindDefinition[]>;
  readonly made: Map<string, Promise<unknown>>;
}

/**
 * The OpenAPI documents of the served kinds. Nothing is made until somebody asks. Of the built-in kinds each document is made once; every custom
 * resource has a part of its own, made once, and a document is those parts one after the other: a change costs what has changed. All of it is
 * kept compressed and made a few milliseconds at a time.
 */
export class Documents {
  readonly #registry: KindRegistry;
  readonly #source: DescriptionSource;
  readonly #clock: Clock;
  readonly #others: OtherDocuments;
  readonly #parts = new KindParts();
  readonly #otherParts: OtherParts;
  /** What documents have of built-in kinds, by form and path, with the descriptions that it was made with. */
  readonly #bases = new Map<string, { readonly descriptions: string; readonly lists: Promise<MemberLists> }>();
  #state: State | undefined;

  constructor(registry: KindRegistry, source: DescriptionSource, clock: Clock, others: OtherDocuments = noOthers) {
    this.#registry = registry;
    this.#source = source;
    this.#clock = clock;
    this.#others = others;
    this.#otherParts = new OtherParts(clock, others);
  }

  async v2(form: 'json' | 'protobuf'): Promise<NamedDocument> {
    const of = form === 'json' ? v2Json : v2Protobuf;
    const state = await this.#now();
    const hash = await once(state.made, `hash ${of.name}`, () => this.#hash(state, state.v2Kinds, `${of.name} ${this.#others.v2Hash}`));
    return { hash, text: () => once(state.made, of.name, () => this.#wholeV2(of, state)) };
  }

  /** By path below `/openapi/v3/`; undefined when nothing of it is served. */
  async v3(path: string): Promise<NamedDocument | undefined> {
    const state = await this.#now();
    if (this.#others.isOther(path)) return this.#otherV3(state, path);
    const kinds = state.byPath.get(path);
    if (kinds === undefined) return undefined;
    const hash = await this.#v3Hash(state, path, kinds);
    return { hash, text: () => once(state.made, path, async () => documentOf(v3Json, await this.#lists(v3Json, path, state, kinds))) };
  }

  async v3Index(): Promise<NamedDocument> {
    const state = await this.#now();
    return once(state.made, 'index', async () => {
      const paths: [string, { serverRelativeURL: string }][] = [];
      for (const [path, kinds] of state.byPath) if (!this.#others.isOther(path)) paths.push([path, { serverRelativeURL: `/openapi/v3/${path}?hash=${await this.#v3Hash(state, path, kinds)}` }]);
      for (const [path, hash] of this.#others.v3Paths) paths.push([path, { serverRelativeURL: `/openapi/v3/${path}${hash === '' ? '' : `?hash=${encodeURIComponent(hash)}`}` }]);
      const json = Buffer.from(JSON.stringify({ paths: Object.fromEntries(paths) }));
      const text = await segmentedText(json);
      return { hash: hashOf(json), text: () => Promise.resolve(text) };
    });
  }

  async #otherV3(state: State, path: string): Promise<NamedDocument | undefined> {
    const hash = this.#others.v3Paths.get(path);
    const text = await once(state.made, `other ${path}`, async () => {
      const document = await this.#others.v3(path);
      return document === undefined ? undefined : segmentedText(Buffer.from(JSON.stringify(document)));
    });
    return text === undefined || hash === undefined ? undefined : { hash, text: () => Promise.resolve(text) };
  }

  async #wholeV2(form: DocumentForm, state: State): Promise<SegmentedText> {
    const own = await this.#lists(form, '', state, state.v2Kinds);
    // What another server calls by the name of one of ours is compared with it in JSON.
    const places = async (): Promise<MemberLists['places']> => new Map((form === v2Json ? own : await this.#lists(v2Json, '', state, state.v2Kinds)).flatMap((lists) => [...lists.places]));
    const others = await this.#otherParts.listsIn(form, places);
    return documentOf(form, others === undefined ? own : [...own, others]);
  }

  /** What a document has of its kinds: first of all built-in ones together, then of each custom one. */
  async #lists(form: DocumentForm, path: string, state: State, kinds: readonly KindDefinition[]): Promise<MemberLists[]> {
    const turn = new Turn(this.#clock, 1);
    const parts: { readonly kind: KindDefinition; readonly part: KindPart }[] = [];
    for (const kind of kinds) {
      if (kind.custom === undefined) continue;
      parts.push({ kind, part: await this.#parts.of(form, kind) });
      if (turn.isOver()) await turn.next();
    }
    const shared = [...new Set(parts.flatMap(({ part }) => part.shared))].toSorted();
    const builtIn = kinds.filter(({ custom }) => custom === undefined);
    let base = await this.#base(form, path, state, builtIn, []);
    if (shared.some((message) => !base.places.has(definitionNameOf(message)))) base = await this.#base(form, builtIn.length === 0 ? '' : path, state, builtIn, shared);
    return [base, ...(await withoutTwins(form, base, parts))];
  }

  async #base(form: DocumentForm, path: string, state: State, kinds: readonly KindDefinition[], shared: readonly string[]): Promise<MemberLists> {
    if (kinds.length === 0 && shared.length === 0) return nothing;
    const { descriptions } = state;
    const key = `${form.name} ${path} ${shared.join(' ')}`;
    const kept = this.#bases.get(key);
    if (kept?.descriptions === descriptions) return kept.lists;
    const lists = this.#makeBase(form, kinds, shared);
    this.#bases.set(key, { descriptions, lists });
    lists.catch(() => this.#bases.delete(key));
    return lists;
  }

  async #makeBase(form: DocumentForm, kinds: readonly KindDefinition[], shared: readonly string[]): Promise<MemberLists> {
    const descriptions = await this.#source.read();
    const writer = new MemberWriter(form);
    const turn = new Turn(this.#clock, 1);
    for (const piece of openApiPieces(kinds, form.version, descriptions, shared)) {
      await writer.add(piece);
      if (turn.isOver()) await turn.next();
    }
    return writer.finish();
  }

  #v3Hash(state: State, path: string, kinds: readonly KindDefinition[]): Promise<string> {
    return once(state.made, `hash ${path}`, () => this.#hash(state, kinds, path));
  }

  #hash({ descriptions }: State, kinds: readonly KindDefinition[], more: string): Promise<string> {
    return hashOfKinds(kinds, `${descriptions} ${more}`, new Turn(this.#clock, 1));
  }

  /** What is served now; a change of it or of the descriptions makes what was put together before old. */
  async #now(): Promise<State> {
    const descriptions = await this.#source.stamp();
    const served = `${this.#registry.generation} ${this.#others.generation}`;
    if (this.#state?.descriptions !== descriptions || this.#state.served !== served) {
      const byPath = Map.groupBy(this.#registry.kinds, ({ group, version }) => (group === '' ? `api/${version}` : `apis/${apiVersionOf({ group, version })}`));
      const v2Kinds = [...byPath].flatMap(([path, kinds]) => (this.#others.isOther(path) ? kinds.filter(({ custom }) => custom === undefined) : kinds));
      this.#state = { descriptions, served, v2Kinds, byPath, made: new Map() };
    }
    return this.#state;
  }
}

const nothing: MemberLists = { paths: [], definitions: [], places: new Map() };

/** The parts without definitions of a name that the base or an earlier one has: a group may be called so that its kinds' names are those of others. */
async function withoutTwins(form: DocumentForm, base: MemberLists, parts: ReadonlyArray<{ readonly kind: KindDefinition; readonly part: KindPart }>): Promise<MemberLists[]> {
  const taken = new Set<string>();
  const has = (name: string): boolean => base.places.has(name) || taken.has(name);
  const whole: MemberLists[] = [];
  for (const { kind, part } of parts) {
    const names = [...part.places.keys()];
    whole.push(names.some(has) ? await makePart(form, kind, has) : part);
    for (const name of names) taken.add(name);
  }
  return whole;
}

/** Whoever asks while it is made waits for the same; a failure is not kept. */
function once<T>(made: Map<string, Promise<unknown>>, key: string, make: () => Promise<T>): Promise<T> {
  const known = made.get(key) as Promise<T> | undefined;
  if (known !== undefined) return known;
  const making = make();
  made.set(key, making);
  making.catch(() => made.delete(key));
  return making;
}

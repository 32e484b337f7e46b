import type { OpenApiPiece, OpenApiPlace } from '@rhythm/api';
import type { DocumentForm } from './form.ts';
import { plainSegment, segmentOf, textOf, type Segment } from './segment.ts';
import { SegmentedText } from './segmented-text.ts';

/** Members that are compressed together: few enough to take half a millisecond, many enough to be alike. */
const blockBytes = 32 * 1024;

/** Members of a document's two lists, some in each segment. */
export interface MemberLists {
  readonly paths: readonly Segment[];
  readonly definitions: readonly Segment[];
  /** By name, the segment that a path or a definition stands in. */
  readonly places: ReadonlyMap<string, Segment>;
}

/** Writes members into segments as they come. */
export class MemberWriter {
  readonly #form: DocumentForm;
  readonly #done: Record<OpenApiPlace, Segment[]> = { paths: [], definitions: [] };
  readonly #places = new Map<string, Segment>();
  #place: OpenApiPlace = 'paths';
  #names: string[] = [];
  #texts: Uint8Array[] = [];
  #bytes = 0;

  constructor(form: DocumentForm) {
    this.#form = form;
  }

  async add(piece: OpenApiPiece): Promise<void> {
    if (piece.place !== this.#place) await this.#flush();
    this.#place = piece.place;
    if (this.#texts.length > 0) this.#texts.push(this.#form.separator);
    const text = this.#form.member(piece);
    this.#texts.push(text);
    this.#names.push(piece.name);
    this.#bytes += text.length;
    if (this.#bytes >= blockBytes) await this.#flush();
  }

  async finish(): Promise<MemberLists> {
    await this.#flush();
    return { ...this.#done, places: this.#places };
  }

  async #flush(): Promise<void> {
    if (this.#texts.length === 0) return;
    const [texts, names, list] = [this.#texts, this.#names, this.#done[this.#place]];
    this.#texts = [];
    this.#names = [];
    this.#bytes = 0;
    const segment = await segmentOf(Buffer.concat(texts));
    list.push(segment);
    for (const name of names) this.#places.set(name, segment);
  }
}

/** The members of a segment of the JSON form, read. */
export function membersOf(segment: Segment): Readonly<Record<string, unknown>> {
  return JSON.parse(`{${Buffer.from(textOf(segment)).toString()}}`) as Readonly<Record<string, unknown>>;
}

/** The whole document of these lists, in their order. */
export function documentOf(form: DocumentForm, lists: ReadonlyArray<Pick<MemberLists, OpenApiPlace>>): SegmentedText {
  const separator = form.separator.length === 0 ? undefined : plainSegment(form.separator);
  const joined = (place: OpenApiPlace): Segment[] => {
    const all: Segment[] = [];
    for (const list of lists) {
      for (const segment of list[place]) {
        if (separator !== undefined && all.length > 0) all.push(separator);
        all.push(segment);
      }
    }
    return all;
  };
  const [paths, definitions] = [joined('paths'), joined('definitions')];
  const [head, middle, tail] = form.frame(lengthOf(paths), lengthOf(definitions)).map(plainSegment) as [Segment, Segment, Segment];
  return new SegmentedText([head, ...paths, middle, ...definitions, tail]);
}

/** A text that is at hand whole. */
export async function segmentedText(text: Uint8Array): Promise<SegmentedText> {
  const segments: Segment[] = [];
  for (let at = 0; at < text.length; at += blockBytes) segments.push(await segmentOf(text.subarray(at, at + blockBytes)));
  return new SegmentedText(segments);
}

function lengthOf(segments: readonly Segment[]): number {
  let length = 0;
  for (const segment of segments) length += segment.length;
  return length;
}

import type { Clock } from '@rhythm/base';
import { Turn } from '../render/turn.ts';
import type { OtherDocuments } from './documents.ts';
import type { DocumentForm } from './form.ts';
import { membersOf, MemberWriter, type MemberLists } from './member-lists.ts';
import { placed } from './openapi-part.ts';
import type { Segment } from './segment.ts';

/** The parts of other servers' documents in the one of version 2, by form, for as long as nothing changes. */
export class OtherParts {
  readonly #clock: Clock;
  readonly #others: Pick<OtherDocuments, 'v2Parts'>;

  constructor(clock: Clock, others: Pick<OtherDocuments, 'v2Parts'>) {
    this.#clock = clock;
    this.#others = others;
  }

  /** @param places where in the JSON form our own members stand; asked only when there are other parts. */
  async listsIn(form: DocumentForm, places: () => Promise<MemberLists['places']>): Promise<MemberLists | undefined> {
    const parts = await this.#others.v2Parts();
    if (parts.length === 0) return undefined;
    const own = await places();
    const read = new Map<Segment, Readonly<Record<string, unknown>>>();
    const memberOf = (name: string): unknown => {
      const segment = own.get(name);
      if (segment === undefined) return undefined;
      const members = read.get(segment) ?? membersOf(segment);
      read.set(segment, members);
      return members[name];
    };
    const writer = new MemberWriter(form);
    const turn = new Turn(this.#clock, 1);
    for (const piece of placed(parts, memberOf)) {
      await writer.add(piece);
      if (turn.isOver()) await turn.next();
    }
    return writer.finish();
  }
}

import { openApiKindPart, type KindDefinition, type OpenApiPlace } from '@rhythm/api';
import type { DocumentForm } from './form.ts';
import { MemberWriter, type MemberLists } from './member-lists.ts';

/** What one custom resource adds to documents of one form. */
export interface KindPart extends MemberLists {
  /** Built-in messages whose definitions it needs. */
  readonly shared: readonly string[];
}

/**
 * The parts of custom resources, made when a document is first asked for and then kept for as long as the kind is: a definition that changes is other kinds.
 * Compressed they are smaller than the definitions themselves, which are in memory anyway.
 */
export class KindParts {
  readonly #kept = new WeakMap<KindDefinition, Map<string, Promise<KindPart>>>();

  of(form: DocumentForm, kind: KindDefinition): Promise<KindPart> {
    const forms = this.#kept.get(kind) ?? new Map<string, Promise<KindPart>>();
    this.#kept.set(kind, forms);
    const kept = forms.get(form.name);
    if (kept !== undefined) return kept;
    const making = makePart(form, kind);
    forms.set(form.name, making);
    making.catch(() => forms.delete(form.name));
    return making;
  }
}

/** @param leaveOut definitions that the document has from elsewhere. */
export async function makePart(form: DocumentForm, kind: KindDefinition, leaveOut: (name: string) => boolean = () => false): Promise<KindPart> {
  const { paths, definitions, shared } = openApiKindPart(kind, form.version);
  const writer = new MemberWriter(form);
  const add = async (place: OpenApiPlace, members: Readonly<Record<string, object>>): Promise<void> => {
    for (const [name, value] of Object.entries(members)) if (place === 'paths' || !leaveOut(name)) await writer.add({ place, name, value: value as Record<string, unknown> });
  };
  await add('paths', paths);
  await add('definitions', definitions);
  const lists = await writer.finish();
  // Of its paths nobody asks where they stand.
  return { ...lists, places: new Map([...lists.places].filter(([name]) => Object.hasOwn(definitions, name))), shared };
}

import type { KindDefinition } from '@rhythm/api';
import { createHash } from 'node:crypto';
import { buildId } from '../discovery/version.ts';
import type { Turn } from '../render/turn.ts';

const sources = new WeakMap<KindDefinition, string>();

/**
 * Names a document of these kinds by what it is made of, so that it need not be made to be named: the kinds, the program that writes it, and `more`.
 * Several servers of one build name it alike.
 */
export async function hashOfKinds(kinds: readonly KindDefinition[], more: string, turn: Turn): Promise<string> {
  const whole = createHash('sha256').update(`${buildId} ${more}`);
  for (const kind of kinds) {
    whole.update(sourceOf(kind));
    if (turn.isOver()) await turn.next();
  }
  return whole.digest('hex').toUpperCase();
}

export function hashOf(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex').toUpperCase();
}

/** What of a kind is in documents, except what the program itself knows of built-in ones. Found out once: a definition that changes is other kinds. */
function sourceOf(kind: KindDefinition): string {
  const known = sources.get(kind);
  if (known !== undefined) return known;
  const { group, version, plural, listKind, namespaced, verbs, subresources, custom } = kind;
  const source = hashOf(JSON.stringify([group, version, plural, kind.kind, listKind, namespaced, verbs, subresources, custom?.openApi ?? null]));
  sources.set(kind, source);
  return source;
}

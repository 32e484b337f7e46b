import type { KindRegistry } from '@rhythm/api';
import type { CustomResourceDefinition, CustomResourceDefinitionStatus } from '@rhythm/api/types/apiextensions-v1';
import type { Entry } from '../watch-cache/entry.ts';
import { parseObject } from '../stored/stored-form.ts';
import { namesHeld, type TakenNames } from './definition-status.ts';

type NamesHeld = ReturnType<typeof namesHeld>;

/** Built-in kinds by name, which no definition may take. */
interface BuiltIns extends KindRegistry {
  isBuiltIn(group: string, names: { readonly plural: string; readonly kind: string }): boolean;
}

/**
 * What is remembered of all definitions, so that a change of one costs no look at the others: which states need nothing more done, and who holds
 * which names of a group.
 */
export class KnownDefinitions {
  readonly #registry: BuiltIns;
  /** By name, the state in the cache for which everything is done. */
  readonly #done = new Map<string, Entry>();
  readonly #names = new Map<string, Map<string, NamesHeld>>();

  constructor(registry: BuiltIns) {
    this.#registry = registry;
  }

  /** Those of the present states that something is to be done for, oldest first: of two that want a name it is the first one's. */
  due(entries: readonly Entry[]): { readonly entry: Entry; readonly definition: CustomResourceDefinition }[] {
    const due = entries.filter((entry) => this.#done.get(nameOf(entry)) !== entry).map((entry) => ({ entry, definition: parseObject(entry.bytes) as CustomResourceDefinition }));
    for (const { definition } of due) this.#hold(definition, definition.status);
    return due.sort((a, b) => compare(a.definition.metadata.creationTimestamp ?? '', b.definition.metadata.creationTimestamp ?? '') || compare(nameOf(a.entry), nameOf(b.entry)));
  }

  /** What a definition may not be called. */
  taken({ metadata, spec: { group, names } }: CustomResourceDefinition): TakenNames {
    const others = [...(this.#names.get(group) ?? [])].flatMap(([name, held]) => (name === metadata.name ? [] : [held]));
    const builtIn = this.#registry.isBuiltIn(group, names);
    return {
      resources: new Set([...others.flatMap(({ resources }) => resources), ...(builtIn ? [names.plural] : [])]),
      kinds: new Set([...others.flatMap(({ kinds }) => kinds), ...(builtIn ? [names.kind] : [])]),
    };
  }

  /** These names are the definition's from now on, whether or not that is written yet. */
  grant(definition: CustomResourceDefinition, status: CustomResourceDefinitionStatus): void {
    this.#hold(definition, status);
  }

  /** Nothing more is to be done for this state. */
  finish(entry: Entry): void {
    this.#done.set(nameOf(entry), entry);
  }

  forgetAllBut(entries: readonly Entry[]): void {
    const present = new Set(entries.map(nameOf));
    for (const name of this.#done.keys()) if (!present.has(name)) this.#done.delete(name);
    for (const [group, names] of this.#names) {
      for (const name of names.keys()) if (!present.has(name)) names.delete(name);
      if (names.size === 0) this.#names.delete(group);
    }
  }

  #hold({ metadata, spec: { group } }: CustomResourceDefinition, status: CustomResourceDefinitionStatus | undefined): void {
    const names = this.#names.get(group) ?? new Map<string, NamesHeld>();
    names.set(metadata.name ?? '', namesHeld(status));
    this.#names.set(group, names);
  }
}

export function nameOf({ fields }: Entry): string {
  return fields['metadata.name'] ?? '';
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

import { compareVersions, type KindDefinition, type KindRegistry, type ServedGroup } from '@rhythm/api';

/** The kinds of one CustomResourceDefinition. */
export interface CustomKinds {
  /** Served versions. */
  readonly served: readonly KindDefinition[];
  /** The version that objects are stored in, served or not. */
  readonly stored: KindDefinition;
}

interface Whole {
  readonly kinds: readonly KindDefinition[];
  readonly groups: readonly ServedGroup[];
}

/** The built-in kinds and those that CustomResourceDefinitions add while the server runs. */
export class LiveRegistry implements KindRegistry {
  readonly #builtIn: KindRegistry;
  readonly #definitions = new Map<string, CustomKinds>();
  readonly #byResource = new Map<string, KindDefinition>();
  readonly #byKind = new Map<string, KindDefinition>();
  readonly #stored = new Map<string, KindDefinition>();
  /** Put together when somebody asks: with a thousand definitions that takes milliseconds. */
  #whole: Whole | undefined;
  #generation = 0;
  readonly #listeners = new Set<() => void>();

  constructor(builtIn: KindRegistry) {
    this.#builtIn = builtIn;
  }

  /** Grows whenever anything that is served changes: documents made before are old. */
  get generation(): number {
    return this.#generation;
  }

  get kinds(): readonly KindDefinition[] {
    return this.#all().kinds;
  }

  get groups(): readonly ServedGroup[] {
    return this.#all().groups;
  }

  byResource(group: string, version: string, resource: string): KindDefinition | undefined {
    return this.#builtIn.byResource(group, version, resource) ?? this.#byResource.get(`${group}/${version}/${resource}`);
  }

  byKind(group: string, version: string, kind: string): KindDefinition | undefined {
    return this.#builtIn.byKind(group, version, kind) ?? this.#byKind.get(`${group}/${version}/${kind}`);
  }

  storageOf(kind: KindDefinition): KindDefinition {
    return this.#stored.get(`${kind.group}/${kind.plural}`) ?? this.#builtIn.storageOf(kind);
  }

  /** True when a built-in kind of the group has one of these names: no definition may take its place. */
  isBuiltIn(group: string, { plural, kind }: { readonly plural: string; readonly kind: string }): boolean {
    return this.#builtIn.kinds.some((own) => own.group === group && (own.plural === plural || own.kind === kind));
  }

  servesBuiltIn(group: string, version: string): boolean {
    return this.#builtIn.groups.some((own) => own.group === group && own.versions.includes(version));
  }

  /** Calls `listener` after each change of what is served. Returns how to stop that. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** What is served of the definition `name`. */
  of(name: string): CustomKinds | undefined {
    return this.#definitions.get(name);
  }

  /** Serves the kinds of the definition `name` in place of what it had before; without any it is served no more. */
  set(name: string, kinds: CustomKinds | undefined): void {
    const before = this.#definitions.get(name);
    if (before !== undefined) this.#forget(before);
    if (kinds === undefined) this.#definitions.delete(name);
    else {
      this.#definitions.set(name, kinds);
      this.#stored.set(resourceKey(kinds.stored), kinds.stored);
      for (const kind of kinds.served) {
        this.#byResource.set(`${kind.group}/${kind.version}/${kind.plural}`, kind);
        this.#byKind.set(`${kind.group}/${kind.version}/${kind.kind}`, kind);
      }
    }
    this.#whole = undefined;
    this.#generation++;
    for (const listener of this.#listeners) listener();
  }

  #forget({ served, stored }: CustomKinds): void {
    this.#stored.delete(resourceKey(stored));
    for (const kind of served) {
      this.#byResource.delete(`${kind.group}/${kind.version}/${kind.plural}`);
      this.#byKind.delete(`${kind.group}/${kind.version}/${kind.kind}`);
    }
  }

  #all(): Whole {
    this.#whole ??= whole(this.#builtIn, [...this.#definitions.values()].flatMap(({ served }) => served));
    return this.#whole;
  }
}

const resourceKey = ({ group, plural }: KindDefinition): string => `${group}/${plural}`;

/** The built-in groups first; in a group that both have, the built-in versions first. */
function whole(builtIn: KindRegistry, custom: readonly KindDefinition[]): Whole {
  const ordered = [...custom].sort((a, b) => compare(a.group, b.group) || compareVersions(a.version, b.version) || compare(a.plural, b.plural));
  const versions = new Map<string, string[]>(builtIn.groups.map((group) => [group.group, [...group.versions]]));
  for (const { group, version } of ordered) {
    const known = versions.get(group) ?? [];
    if (!known.includes(version)) known.push(version);
    versions.set(group, known);
  }
  const preferred = new Map(builtIn.groups.map((group) => [group.group, group.preferredVersion]));
  return {
    kinds: [...builtIn.kinds, ...ordered],
    groups: [...versions].map(([group, all]) => ({ group, versions: all, preferredVersion: preferred.get(group) ?? all[0] ?? '' })),
  };
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

import type { ResourceChanges } from '../../auth/ports.ts';
import type { ObjectReader } from '../../ports/types.ts';
import { hooksOf, type Configuration, type Hook } from './hook.ts';

const group = 'admissionregistration.k8s.io';

/** The webhooks in force, in the order in which they are asked: by the name of their configuration, then as they stand in it. */
export class HookSet {
  readonly #reader: ObjectReader;
  readonly #changes: ResourceChanges;
  readonly #resource: string;
  readonly #compiled = new Map<string, readonly Hook[]>();
  #hooks: Promise<readonly Hook[]> | undefined;
  /** What `#hooks` has come to. */
  #known: readonly Hook[] | undefined;

  constructor(resource: 'mutatingwebhookconfigurations' | 'validatingwebhookconfigurations', reader: ObjectReader, changes: ResourceChanges) {
    this.#reader = reader;
    this.#changes = changes;
    this.#resource = resource;
    changes.onChange(group, resource, () => {
      this.#hooks = undefined;
      this.#known = undefined;
    });
  }

  /** Read again only when a configuration has changed; what this server has written counts at once. */
  current(): readonly Hook[] | Promise<readonly Hook[]> {
    const settled = this.#changes.settled?.(group, this.#resource);
    return settled === undefined ? (this.#known ?? this.#read()) : settled.then(() => this.#read());
  }

  #read(): Promise<readonly Hook[]> {
    if (this.#hooks === undefined) {
      const hooks = this.#load();
      this.#hooks = hooks;
      hooks.then(
        (known) => {
          if (this.#hooks === hooks) this.#known = known;
        },
        () => {
          if (this.#hooks === hooks) this.#hooks = undefined;
        },
      );
    }
    return this.#hooks;
  }

  async #load(): Promise<readonly Hook[]> {
    const found = await this.#reader.list<Configuration>(group, this.#resource, '');
    const ordered = [...found].sort((a, b) => ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1));
    const present = new Set<string>();
    const hooks = ordered.flatMap((configuration) => {
      const id = `${configuration.metadata.uid ?? ''}/${configuration.metadata.generation ?? 0}`;
      present.add(id);
      const compiled = this.#compiled.get(id) ?? hooksOf(configuration);
      this.#compiled.set(id, compiled);
      return compiled;
    });
    for (const id of this.#compiled.keys()) if (!present.has(id)) this.#compiled.delete(id);
    return hooks;
  }
}

/** Known at once to be empty: then there is nothing to wait for. */
export function isNone(hooks: ReturnType<HookSet['current']>): boolean {
  return Array.isArray(hooks) && hooks.length === 0;
}

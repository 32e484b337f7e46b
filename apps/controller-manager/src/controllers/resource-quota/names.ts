import type { ResourceQuota } from '@rhythm/api/types/core-v1';

/** The names that quotas limit, each with how many quotas do. */
export class LimitedNames {
  readonly #counts = new Map<string, number>();

  list(): readonly string[] {
    return [...this.#counts.keys()];
  }

  /** One quota instead of another, or of none. True when a name is new, or is not there any more. */
  replace(old: ResourceQuota | undefined, quota: ResourceQuota | undefined): boolean {
    const before = this.#counts.size;
    const names = Object.keys(quota?.spec?.hard ?? {});
    const isNew = names.some((name) => !this.#counts.has(name));
    for (const name of names) this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
    for (const name of Object.keys(old?.spec?.hard ?? {})) {
      const left = (this.#counts.get(name) ?? 0) - 1;
      if (left > 0) this.#counts.set(name, left);
      else this.#counts.delete(name);
    }
    return isNew || this.#counts.size !== before;
  }
}

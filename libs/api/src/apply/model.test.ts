import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isMembers } from './value.ts';
import { ApplyConflict } from './conflict.ts';
import { pathsOf } from './path-element.ts';
import { fieldsOf } from './fields-of.ts';
import { Subject, testSchema } from './testing.ts';

/*
 * The slow, obvious twin: an object is a list of leaves, each with a value and the names of who owns it. Applying sets leaves, and a
 * leaf whose last owner lets go of it disappears, an item of a list with all below it.
 */

interface Leaf {
  value: string;
  owners: Set<string>;
}

class Model {
  readonly leaves = new Map<string, Leaf>();

  /** Paths in conflict. */
  apply(manager: string, configuration: object, force: boolean): string[] {
    const wanted = leavesOf(configuration);
    const conflicts = [...wanted].filter(([path, value]) => {
      const leaf = this.leaves.get(path);
      return leaf !== undefined && leaf.value !== value && [...leaf.owners].some((owner) => owner !== manager);
    });
    if (conflicts.length > 0 && !force) return conflicts.map(([path]) => path);
    for (const [path, value] of wanted) {
      const leaf = this.leaves.get(path);
      if (leaf === undefined || leaf.value !== value) this.leaves.set(path, { value, owners: new Set([manager]) });
      else leaf.owners.add(manager);
    }
    for (const [path, leaf] of this.leaves) {
      if (wanted.has(path) || !leaf.owners.delete(manager) || leaf.owners.size > 0) continue;
      for (const below of this.leaves.keys()) if (below.startsWith(path)) this.leaves.delete(below);
    }
    return [];
  }

  update(manager: string, object: object): void {
    const next = leavesOf(object);
    for (const path of this.leaves.keys()) if (!next.has(path)) this.leaves.delete(path);
    for (const [path, value] of next) if (this.leaves.get(path)?.value !== value) this.leaves.set(path, { value, owners: new Set([manager]) });
  }

  ownedBy(manager: string): string[] {
    return [...this.leaves].filter(([, leaf]) => leaf.owners.has(manager)).map(([path]) => path).sort();
  }
}

function leavesOf(object: object): Map<string, string> {
  const leaves = new Map<string, string>();
  const { text, count, struct, map, list, set, items } = object as Record<string, unknown>;
  const put = (path: string, value: unknown): void => {
    if (value !== undefined) leaves.set(path, JSON.stringify(value));
  };
  put('.text', text);
  put('.count', count);
  put('.list', list);
  for (const [prefix, members] of [['.struct', struct], ['.map', map]] as const) if (isMembers(members)) for (const [key, value] of Object.entries(members)) put(`${prefix}.${key}`, value);
  for (const value of (set ?? []) as string[]) put(`.set[="${value}"]`, true);
  for (const item of (items ?? []) as { name: string; value?: string; ports?: { port: number; protocol?: string; label?: string }[] }[]) {
    const at = `.items[name="${item.name}"]`;
    put(at, true);
    put(`${at}.name`, item.name);
    put(`${at}.value`, item.value);
    for (const port of item.ports ?? []) {
      const there = `${at}.ports[port=${port.port},protocol="${port.protocol ?? 'TCP'}"]`;
      put(there, true);
      put(`${there}.port`, port.port);
      put(`${there}.protocol`, port.protocol);
      put(`${there}.label`, port.label);
    }
  }
  return leaves;
}

const value = fc.constantFrom('1', '2');
const keys = fc.constantFrom('x', 'y', '__proto__');
const nonEmpty = <T extends object>(members: T): boolean => Object.keys(members).length > 0;
const port = fc.record({ port: fc.constantFrom(1, 2), protocol: fc.constantFrom('TCP', 'UDP'), label: value }, { requiredKeys: ['port'] });
const item = fc.record(
  { name: fc.constantFrom('a', 'b'), value, ports: fc.uniqueArray(port, { minLength: 1, maxLength: 2, selector: (one) => `${one.port}${one.protocol ?? 'TCP'}` }) },
  { requiredKeys: ['name'] },
);
const configuration = fc.record(
  {
    text: value,
    count: fc.constantFrom(1, 2),
    struct: fc.record({ a: value, b: value }, { requiredKeys: [] }).filter(nonEmpty),
    map: fc.dictionary(keys, value, { maxKeys: 3, noNullPrototype: true }).filter(nonEmpty),
    list: fc.array(value, { minLength: 1, maxLength: 2 }),
    set: fc.uniqueArray(value, { minLength: 1 }),
    items: fc.uniqueArray(item, { minLength: 1, selector: (one) => one.name }),
  },
  { requiredKeys: [] },
);
const step = fc.record({ manager: fc.constantFrom('a', 'b', 'c'), configuration, force: fc.boolean(), update: fc.integer({ min: 0, max: 3 }).map((n) => n === 0) });

test('any run of applies and updates leaves the object and the owners that the model has', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 8 }), (steps) => {
      const subject = new Subject();
      const model = new Model();
      for (const { manager, configuration: content, force, update } of steps) {
        if (update) {
          subject.update(`u${manager}`, content);
          model.update(`u${manager}`, content);
        } else {
          const conflicts = model.apply(manager, content, force).sort();
          if (conflicts.length === 0) subject.apply(manager, content, force);
          else expect(conflictsOf(() => subject.apply(manager, content, force))).toEqual(conflicts);
        }
        expect(Object.fromEntries(leavesOf(subject.content))).toEqual(Object.fromEntries([...model.leaves].map(([path, leaf]) => [path, leaf.value])));
        const known = leavesOf(subject.content);
        for (const one of ['a', 'b', 'c', 'ua', 'ub', 'uc']) {
          const owned = subject.managers.filter(({ manager: name }) => name === one).flatMap(({ fields }) => pathsOf(fields)).filter((path) => known.has(path));
          expect(owned.sort(), one).toEqual(model.ownedBy(one));
        }
      }
    }),
    { numRuns: 400 },
  );
});

function conflictsOf(act: () => unknown): string[] {
  try {
    act();
  } catch (error) {
    if (error instanceof ApplyConflict) return error.conflicts.flatMap(({ fields }) => pathsOf(fields)).filter((path, at, all) => all.indexOf(path) === at).sort();
    throw error;
  }
  return [];
}

test('applying twice changes nothing, not even a time', () => {
  fc.assert(
    fc.property(configuration, configuration, (first, second) => {
      const subject = new Subject();
      subject.apply('b', first);
      subject.apply('a', second, true);
      const { object, managers } = subject;
      subject.apply('a', second, true);
      expect(subject.object).toEqual(object);
      expect(subject.managers).toBe(managers);
    }),
  );
});

test('letting go of everything takes exactly what one owned alone', () => {
  fc.assert(
    fc.property(configuration, configuration, (first, second) => {
      const subject = new Subject();
      subject.apply('b', first);
      subject.apply('a', second, true);
      const kept = pathsOf(subject.managers.filter(({ manager }) => manager === 'b').map(({ fields }) => fields)[0] ?? {});
      subject.apply('a', {}, true);
      expect(pathsOf(fieldsOf(testSchema, subject.content)).sort()).toEqual(kept.sort());
      expect(subject.managers.every(({ manager }) => manager === 'b')).toBe(true);
    }),
  );
});

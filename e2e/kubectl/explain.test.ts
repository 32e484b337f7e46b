import { kindRegistry, type KindDefinition } from '@rhythm/api';
import { beforeAll, expect, vi } from 'vitest';
import { eventually } from '../support/cluster.ts';
import { commands } from './commands.ts';
import { current, deepestPath, fieldsIn, fieldsOf, old } from './explained.ts';

/** Some seventy kubectls, one after the other on a busy machine. */
vi.setConfig({ testTimeout: 600_000 });

/** How many kubectls run at once. */
const atOnce = 4;

/** Subresources' bodies and reviews are explained too: whatever discovery lists. */
const kinds = kindRegistry.kinds;

const versionOf = ({ group, version }: KindDefinition): string => (group === '' ? version : `${group}/${version}`);

/** Every kind that is served, field by field, against the table of messages. */
commands('explain', ({ k, command, since }) => {
  const hand = k.says(current, old);
  const explain = (kind: KindDefinition, path = '', ...flags: string[]): Promise<string> => k.ok('explain', `${kind.plural}${path}`, `--api-version=${versionOf(kind)}`, ...flags);

  /** The words come from npm, in the background, the first time that a cluster is brought up on this machine. */
  beforeAll(async () => {
    await eventually(async () => (await k.ok('explain', 'lease')).includes('Lease defines a lease concept.'), 'the descriptions are there');
  });

  /** The same for all kinds, a few at once; every kind that fails is named. */
  const ofEveryKind = async (check: (kind: KindDefinition) => Promise<void>): Promise<void> => {
    const left = [...kinds];
    const failures: string[] = [];
    await Promise.all(Array.from({ length: atOnce }, async () => {
      for (let kind = left.shift(); kind !== undefined; kind = left.shift()) {
        const name = `${versionOf(kind)} ${kind.kind}`;
        await check(kind).catch((error: unknown) => failures.push(`${name}: ${String(error)}`));
      }
    }));
    expect(failures).toEqual([]);
  };

  command('explain of every kind that is served', async () => {
    const listed = (await k.ok('api-resources', '--no-headers')).trimEnd().split('\n').map((line) => line.trim().split(/\s+/));
    const served = listed.map((cells) => `${cells[0] ?? ''} ${cells.at(-1) ?? ''}`);
    // Discovery names a kind once, by its preferred version; definitions of other tests are there as well.
    for (const kind of kinds) expect(served).toContain(`${kind.plural} ${kind.kind}`);
    await ofEveryKind(async (kind) => {
      const text = await explain(kind, '', '--recursive');
      const head = k.says(`${kind.group === '' ? '' : `GROUP:      ${kind.group}\n`}KIND:       ${kind.kind}\nVERSION:    ${kind.version}\n`, `KIND:     ${kind.kind}\nVERSION:  ${versionOf(kind)}\n`);
      expect(text.slice(0, head.length)).toBe(head);
      expect(descriptionIn(text).replaceAll(/\s/g, '').toLowerCase()).toContain(kind.kind.toLowerCase());
      expect(fieldsIn(text, hand)).toEqual(fieldsOf(kind.schema, hand));
    });
  });

  since('explain of a field deep within every kind', async () => {
    await ofEveryKind(async (kind) => {
      const { path, type } = deepestPath(fieldsOf(kind.schema, hand));
      const text = await explain(kind, `.${path}`);
      const field = path.slice(path.lastIndexOf('.') + 1);
      expect(text).toMatch(new RegExp(`\\n(?:FIELD|RESOURCE): +${escaped(field)} +<${escaped(type)}>\\n`));
      expect(descriptionIn(text)).toMatch(/\w/);
      expect(descriptionIn(text)).not.toContain('<empty>');
    });
  });
});

/** What stands between `DESCRIPTION:` and the fields. */
function descriptionIn(text: string): string {
  return /\nDESCRIPTION:\n([^]*?)(?:\nFIELDS:\n|$)/.exec(text)?.[1] ?? '';
}

function escaped(text: string): string {
  return text.replaceAll(/[[\]$.]/g, String.raw`\$&`);
}

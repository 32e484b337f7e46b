import { run } from './run.ts';

/**
 * CNI's portmap plugin makes chains for host ports in the nat table and never takes them away, nor the table that came
 * with them. What was there before a cluster came is remembered, and the rest removed when the last one goes.
 */
export interface NatBefore {
  /** Families whose `nat` table was there: `ip`, `ip6`. */
  readonly tables: readonly string[];
  /** Whether somebody else's portmap had made its chains. */
  readonly hostPortChains: boolean;
}

const tools: ReadonlyArray<readonly [family: string, command: string]> = [
  ['ip', 'iptables'],
  ['ip6', 'ip6tables'],
];
/** Chains of portmap: for all containers, and for each. */
const ours = /^CNI-(HOSTPORT-(DNAT|MASQ|SETMARK)|DN-[0-9a-f]+)$/;

export async function natBefore(): Promise<NatBefore> {
  const tables = await natTables();
  const lists = await Promise.all(tools.filter(([family]) => tables.includes(family)).map(([, command]) => list(command)));
  return { tables, hostPortChains: lists.some((rules) => rules.some((rule) => rule.startsWith('-N CNI-HOSTPORT-'))) };
}

/** Puts the nat tables back to how they were. Call when no cluster is left. */
export async function restoreNat(before: NatBefore): Promise<void> {
  for (const [family, command] of tools) {
    if (!(await natTables()).includes(family)) continue;
    if (!before.hostPortChains) await removeChains(command);
    if (!before.tables.includes(family) && (await isEmpty(family))) await run('nft', ['delete', 'table', family, 'nat']);
  }
}

async function removeChains(command: string): Promise<void> {
  const rules = await list(command);
  const chains = rules.flatMap((rule) => /^-N (\S+)$/.exec(rule)?.[1] ?? []).filter((chain) => ours.test(chain));
  if (chains.length === 0) return;
  for (const chain of ['PREROUTING', 'OUTPUT', 'POSTROUTING']) {
    // By number, last first: comments with blanks in them do not survive being split into words.
    const jumps = rules.filter((rule) => rule.startsWith(`-A ${chain} `)).flatMap((rule, at) => (/ -j CNI-HOSTPORT-/.test(rule) ? [at + 1] : []));
    for (const number of jumps.toReversed()) await run(command, ['-w', '5', '-t', 'nat', '-D', chain, String(number)]);
  }
  for (const chain of chains) await run(command, ['-w', '5', '-t', 'nat', '-F', chain]);
  for (const chain of chains) await run(command, ['-w', '5', '-t', 'nat', '-X', chain]);
}

async function list(command: string): Promise<readonly string[]> {
  const result = await run(command, ['-w', '5', '-t', 'nat', '-S']).catch(() => ({ stdout: '' }));
  return result.stdout.split('\n');
}

async function natTables(): Promise<readonly string[]> {
  const { stdout } = await run('nft', ['list', 'tables']);
  return tools.map(([family]) => family).filter((family) => stdout.split('\n').includes(`table ${family} nat`));
}

/** No rule in any chain, and no set: only the base chains that iptables makes by itself. */
async function isEmpty(family: string): Promise<boolean> {
  const { stdout } = await run('nft', ['list', 'table', family, 'nat']);
  return stdout.split('\n').map((line) => line.trim()).every((line) => line === '' || line === '}' || /^(table|chain) /.test(line) || /^type nat hook .* policy accept;$/.test(line));
}

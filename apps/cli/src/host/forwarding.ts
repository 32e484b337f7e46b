import { run, runOk } from './run.ts';

/**
 * Docker sets the policy of FORWARD to DROP, and then nothing reaches our pods. The rules it lets others add go into
 * DOCKER-USER; where only the policy is left of Docker, into FORWARD. Each of ours carries this comment.
 */
const commentOf = (id: string): string => `rhythm-${id}`;

/** Lets traffic of the bridge through a firewall that drops what it does not know. True when rules were added. */
export async function allowForwarding(id: string, bridge: string): Promise<boolean> {
  let added = false;
  for (const tool of await iptablesTools()) {
    const rules = (await run(tool, ['-w', '5', '-S'])).stdout;
    if (!rules.includes('-P FORWARD DROP') && !rules.includes('-N DOCKER-USER')) continue;
    const chain = rules.includes('-N DOCKER-USER') ? 'DOCKER-USER' : 'FORWARD';
    for (const direction of ['-i', '-o']) {
      const rule = [direction, bridge, '-m', 'comment', '--comment', commentOf(id), '-j', 'ACCEPT'];
      if ((await run(tool, ['-w', '5', '-C', chain, ...rule])).code === 0) continue;
      await runOk(tool, ['-w', '5', '-I', chain, ...rule]);
      added = true;
    }
  }
  return added;
}

/** Takes away every rule of ours. */
export async function forbidForwarding(id: string): Promise<void> {
  for (const tool of await iptablesTools()) {
    const rules = (await run(tool, ['-w', '5', '-S'])).stdout.split('\n');
    for (const rule of rules) {
      if (!rule.startsWith('-A ') || !rule.includes(`--comment ${commentOf(id)} `)) continue;
      await run(tool, ['-w', '5', '-D', ...rule.slice(3).split(' ')]);
    }
  }
}

/** Which iptables has a filter table in the kernel; asking the other one would make it. */
async function iptablesTools(): Promise<readonly string[]> {
  const nft = await run('nft', ['list', 'chain', 'ip', 'filter', 'FORWARD']).catch(() => ({ code: 1 }));
  const legacy = await run('grep', ['-qs', '^filter$', '/proc/net/ip_tables_names']).catch(() => ({ code: 1 }));
  const candidates = [...(nft.code === 0 ? ['iptables-nft'] : []), ...(legacy.code === 0 ? ['iptables-legacy'] : [])];
  const there = await Promise.all(candidates.map((tool) => run(tool, ['--version']).then(({ code }) => code === 0, () => false)));
  return candidates.filter((_, at) => there[at]);
}

/**
 * What software leaves behind on a machine: `snapshot FILE` before, `diff FILE` after.
 * Looks at processes, links, routes, namespaces, nftables, iptables, mounts, cgroups, listeners, /run, CNI state and sysctls.
 * `diff` prints `+ section: line` for what is new, `- section: line` for what is gone; exit 1 when there is any.
 * `--match REGEX` looks only at lines that match, on a machine where others work too.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

type Snapshot = Readonly<Record<string, readonly string[]>>;

const sysctls = [
  'net/ipv4/ip_forward',
  'net/ipv4/conf/all/forwarding',
  'net/ipv4/conf/all/route_localnet',
  'net/ipv4/conf/all/rp_filter',
  'net/ipv4/conf/default/forwarding',
  'net/ipv6/conf/all/forwarding',
  'net/bridge/bridge-nf-call-iptables',
  'net/ipv4/ip_local_port_range',
  'net/netfilter/nf_conntrack_max',
  'vm/overcommit_memory',
  'vm/max_map_count',
  'kernel/panic',
  'fs/inotify/max_user_instances',
  'fs/inotify/max_user_watches',
];
const folders: ReadonlyArray<readonly [path: string, depth: number]> = [
  ['/run', 3],
  ['/var/lib/cni', 3],
  ['/etc/cni', 3],
];
/** Programs that belong to a cluster, by their command line. */
const clusterProgram = /rhythm|containerd|runc|\/apps\/[a-z-]+\/(dist|src)\/main/;

function take(): Snapshot {
  return {
    process: processes(),
    link: lines('ip', ['-o', 'link', 'show']).map((line) => (/^\d+: ([^:@]+)/.exec(line)?.[1] ?? line)),
    address: lines('ip', ['-o', 'addr', 'show']).map((line) => line.replace(/^\d+: (\S+)\s+(\S+) (\S+).*$/, '$1 $2 $3')),
    route: lines('ip', ['route', 'show', 'table', 'all']),
    netns: lines('ip', ['netns', 'list']),
    nft: lines('nft', ['-s', 'list', 'ruleset']),
    iptables: [...lines('iptables-save', []), ...lines('ip6tables-save', [])].filter((line) => !line.startsWith('#')).map((line) => line.replace(/\s*\[\d+:\d+\]/, '')),
    mount: readFileSync('/proc/self/mountinfo', 'utf8').trim().split('\n').map((line) => `${line.split(' ')[4] ?? ''} ${line.split(' - ')[1] ?? ''}`),
    cgroup: tree('/sys/fs/cgroup', 8, true),
    listener: [...lines('ss', ['-Hltn']), ...lines('ss', ['-Hlun'])].map((line) => line.split(/\s+/).slice(0, 5).filter((_, at) => at === 0 || at === 3).join(' ')),
    socket: lines('ss', ['-Hlx']).map((line) => line.split(/\s+/)[4] ?? '').filter((path) => path.startsWith('/') || path.startsWith('@')),
    file: [...folders.flatMap(([path, depth]) => tree(path, depth, false)), ...names('/tmp').filter((name) => name.startsWith('rhythm')).map((name) => join('/tmp', name))],
    sysctl: sysctls.flatMap((name) => (existsSync(join('/proc/sys', name)) ? [`${name} = ${readFileSync(join('/proc/sys', name), 'utf8').trim()}`] : [])),
  };
}

/** Processes of a cluster: by what they run, by their cgroup, or because they live in namespaces that are not ours. */
function processes(): string[] {
  const ownPids = namespaceOf('self', 'pid');
  return names('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
        if (command === '' || command.includes('tools/residue')) return [];
        const cgroups = readFileSync(`/proc/${pid}/cgroup`, 'utf8');
        const inside = namespaceOf(pid, 'pid') !== ownPids || /\/(rhythm|kubepods|k8s\.io)/.test(cgroups);
        return inside || clusterProgram.test(command) ? [`${pid} ${command.slice(0, 200)}`] : [];
      } catch {
        return [];
      }
    });
}

function namespaceOf(pid: string, kind: string): string {
  return readlinkSync(`/proc/${pid}/ns/${kind}`);
}

function tree(path: string, depth: number, foldersOnly: boolean): string[] {
  if (depth === 0 || !existsSync(path)) return [];
  let entries;
  try {
    entries = readdirSync(path, { withFileTypes: true });
  } catch {
    return [];
  }
  return entries
    .filter((entry) => !foldersOnly || entry.isDirectory())
    .flatMap((entry) => [join(path, entry.name), ...(entry.isDirectory() ? tree(join(path, entry.name), depth - 1, foldersOnly) : [])]);
}

function names(path: string): string[] {
  return existsSync(path) ? readdirSync(path) : [];
}

/** Output of a command by lines; none when it is not installed or there is nothing to show. */
function lines(command: string, args: readonly string[]): string[] {
  try {
    const text = execFileSync(command, [...args], { stdio: ['ignore', 'pipe', 'ignore'], maxBuffer: 256 * 1024 * 1024 }).toString();
    return text.split('\n').map((line) => line.trim()).filter((line) => line !== '');
  } catch {
    return [];
  }
}

function difference(before: Snapshot, after: Snapshot, match: RegExp | undefined): string[] {
  return Object.keys(after).flatMap((section) => {
    const old = counted(before[section] ?? []);
    const now = counted(after[section] ?? []);
    const added = [...now].filter(([line, count]) => count > (old.get(line) ?? 0)).map(([line]) => `+ ${section}: ${line}`);
    const gone = [...old].filter(([line, count]) => count > (now.get(line) ?? 0)).map(([line]) => `- ${section}: ${line}`);
    // A setting that appears with a kernel module was not there to be changed.
    const relevant = section === 'sysctl' ? added.filter((line) => gone.some((other) => other.split(' = ')[0]?.slice(2) === line.split(' = ')[0]?.slice(2))) : added;
    return [...relevant, ...gone].filter((line) => match === undefined || match.test(line));
  });
}

function counted(values: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}

const [verb, file, option, pattern] = process.argv.slice(2);
if (file === undefined || (verb !== 'snapshot' && verb !== 'diff') || (option !== undefined && option !== '--match')) {
  console.error('usage: tools/residue snapshot FILE | diff FILE [--match REGEX]');
  process.exit(2);
}
if (verb === 'snapshot') {
  writeFileSync(file, JSON.stringify(take()));
} else {
  const found = difference(JSON.parse(readFileSync(file, 'utf8')) as Snapshot, take(), pattern === undefined ? undefined : new RegExp(pattern));
  for (const line of found) console.log(line);
  if (found.length === 0) console.log('no difference');
  process.exitCode = found.length === 0 ? 0 : 1;
}

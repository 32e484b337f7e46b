import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { adminHttp, type AdminHttp } from '../cluster/admin-http.ts';
import { requireConfig } from '../config/cluster-config.ts';
import { supervisedSpecs, supervisorName } from '../cluster/supervised.ts';
import { clusterPaths, containerdSocket } from '../paths.ts';
import { readPidFile } from '../processes/pid-file.ts';
import type { ProcessId } from '../processes/process-id.ts';

const requestMsMax = 5_000;
/** Clock ticks per second of /proc, the same on every Linux that node runs on. */
const ticksPerSecond = 100;

/** The processes of a cluster as a table, and what is in it. True when all of them run. */
export async function status(dir: string, write: (text: string) => void): Promise<boolean> {
  const config = requireConfig(dir);
  const paths = clusterPaths(config.dir);
  const names = [supervisorName, ...supervisedSpecs(config).map(({ name }) => name)];
  const rows = names.map((name) => {
    const id = readPidFile(paths.run, name);
    const endpoint = name === 'containerd' ? containerdSocket(config.id) : endpointOf(paths.run, name);
    return id === undefined ? [name, '-', '-', '-', 'stopped', ''] : [name, String(id.pid), uptime(id), memory(id), 'running', endpoint];
  });
  write(table([['PROCESS', 'PID', 'UP', 'RSS', 'STATE', 'ENDPOINT'], ...rows]));
  const http = adminHttp(config);
  write(`\n${await contents(http)}\n`);
  http.close();
  return rows.every(([, pid]) => pid !== '-');
}

/** `1 node (1 Ready), 4 pods (4 Running)` */
async function contents(http: AdminHttp): Promise<string> {
  interface List {
    readonly items: ReadonlyArray<{ readonly status?: { readonly phase?: string; readonly conditions?: ReadonlyArray<{ type: string; status: string }> } }>;
  }
  try {
    const [nodes, pods] = await Promise.all(['/api/v1/nodes', '/api/v1/pods'].map(async (path) => (JSON.parse((await http.get(path, requestMsMax)).body) as List).items));
    const ready = nodes?.filter((node) => node.status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True')).length ?? 0;
    const running = pods?.filter((pod) => pod.status?.phase === 'Running').length ?? 0;
    return `nodes: ${nodes?.length ?? 0} (${ready} Ready)   pods: ${pods?.length ?? 0} (${running} Running)`;
  } catch {
    return 'the API server does not answer';
  }
}

function endpointOf(run: string, name: string): string {
  try {
    return readFileSync(join(run, `${name}.endpoint`), 'utf8').trim();
  } catch {
    return '';
  }
}

function uptime(id: ProcessId): string {
  const machine = Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]);
  const seconds = Math.max(0, Math.floor(machine - Number(id.startTicks) / ticksPerSecond));
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m${seconds % 60}s`;
  return seconds < 86_400 ? `${Math.floor(seconds / 3600)}h${Math.floor((seconds % 3600) / 60)}m` : `${Math.floor(seconds / 86_400)}d${Math.floor((seconds % 86_400) / 3600)}h`;
}

function memory(id: ProcessId): string {
  try {
    const kilobytes = Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${id.pid}/status`, 'utf8'))?.[1] ?? 0);
    return `${Math.round(kilobytes / 1024)} MB`;
  } catch {
    return '-';
  }
}

function table(rows: ReadonlyArray<readonly string[]>): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => `${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ').trimEnd()}\n`).join('');
}

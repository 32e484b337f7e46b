import { readdir, readFile } from 'node:fs/promises';
import type { Clock } from '@rhythm/base';
import type { MetricsRegistry } from './registry.ts';

/** The metrics of a process that every Prometheus client has: CPU, memory, files, start; and what is Node's own. */
export function processMetrics(registry: MetricsRegistry, clock: Pick<Clock, 'now'>): void {
  const cpu = registry.counter('process_cpu_seconds_total', 'Total user and system CPU time spent in seconds.');
  const resident = registry.gauge('process_resident_memory_bytes', 'Resident memory size in bytes.');
  const virtual = registry.gauge('process_virtual_memory_bytes', 'Virtual memory size in bytes.');
  const openFiles = registry.gauge('process_open_fds', 'Number of open file descriptors.');
  const maxFiles = registry.gauge('process_max_fds', 'Maximum number of open file descriptors.');
  const heap = registry.gauge('nodejs_heap_size_used_bytes', 'Bytes of the JavaScript heap in use.');
  const external = registry.gauge('nodejs_external_memory_bytes', 'Bytes outside of the heap that JavaScript objects hold.');
  registry.gauge('process_start_time_seconds', 'Start time of the process since unix epoch in seconds.').set(clock.now() / 1000 - process.uptime());
  registry.onCollect(async () => {
    const { user, system } = process.cpuUsage();
    cpu.raiseTo((user + system) / 1e6);
    const memory = process.memoryUsage();
    resident.set(memory.rss);
    heap.set(memory.heapUsed);
    external.set(memory.external);
    await fromProc(virtual.set.bind(virtual), openFiles.set.bind(openFiles), maxFiles.set.bind(maxFiles));
  });
}

/** Linux only; elsewhere these stay 0. */
async function fromProc(virtual: (bytes: number) => void, open: (files: number) => void, max: (files: number) => void): Promise<void> {
  const [names, status, limits] = await Promise.all([readdir('/proc/self/fd'), readFile('/proc/self/status', 'utf8'), readFile('/proc/self/limits', 'utf8')]);
  open(names.length);
  virtual(Number(/^VmSize:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024);
  max(Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1] ?? 0));
}

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Whether the CNI configuration that the runtime takes (the first by name) maps host ports. Absent folder: the runtime's own is not known, so yes. */
export function cniMapsHostPorts(directory: string | undefined): boolean {
  if (directory === undefined) return true;
  try {
    const file = readdirSync(directory).toSorted().find((name) => /\.(conflist|conf|json)$/.test(name));
    if (file === undefined) return false;
    const parsed = JSON.parse(readFileSync(join(directory, file), 'utf8')) as { plugins?: { type?: string; capabilities?: { portMappings?: boolean } }[] };
    return parsed.plugins?.some((plugin) => plugin.type === 'portmap' && plugin.capabilities?.portMappings === true) ?? false;
  } catch {
    return false;
  }
}

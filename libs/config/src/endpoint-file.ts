import { renameSync, writeFileSync } from 'node:fs';

/** Writes `host:port` lines (several by commas) so that a reader sees either nothing or all of it. */
export function writeEndpointFile(path: string | undefined, ...endpoints: readonly string[]): void {
  if (path === undefined) return;
  const draft = `${path}.${process.pid}.tmp`;
  writeFileSync(draft, `${endpoints.join(',')}\n`, { mode: 0o644 });
  renameSync(draft, path);
}

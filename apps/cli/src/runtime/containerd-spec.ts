import { join } from 'node:path';
import type { ProcessSpec } from '../processes/launch.ts';

/** Where a cluster's own containerd is. */
export interface ContainerdOptions {
  /** `DIR/data/containerd` */
  readonly root: string;
  /** `/run/rhythm-<id>` */
  readonly runtimeDirectory: string;
  readonly socket: string;
  readonly cniConfDir: string;
}

export function containerdConfigFile(options: ContainerdOptions): string {
  return join(options.root, 'config.toml');
}

/** How it is started, once its configuration is written. */
export function containerdSpec(options: ContainerdOptions): ProcessSpec {
  return { name: 'containerd', command: 'containerd', args: ['--config', containerdConfigFile(options)] };
}

import type { ObjectMeta } from '@rhythm/api/types/meta-v1';

/** Where a kubelet keeps what, below its `--root-dir`. Names that users choose are single path segments by validation, and checked here again. */
export interface NodePaths {
  readonly root: string;
  /** A file system in memory for what must not reach a disk: Secrets and tokens. */
  readonly memory: string;
  readonly seccomp: string;
  pod(uid: string): string;
  podMemory(uid: string): string;
  podLogs(pod: ObjectMeta): string;
  readonly logs: string;
  readonly pods: string;
}

export function nodePaths(root: string): NodePaths {
  return {
    root,
    memory: `${root}/memory`,
    seccomp: `${root}/seccomp`,
    pods: `${root}/pods`,
    logs: `${root}/logs`,
    pod: (uid) => `${root}/pods/${segment(uid)}`,
    podMemory: (uid) => `${root}/memory/${segment(uid)}`,
    podLogs: ({ namespace = '', name = '', uid = '' }) => `${root}/logs/${segment(`${namespace}_${name}_${uid}`)}`,
  };
}

/** The same text, when it is one segment of a path. */
export function segment(text: string): string {
  if (text === '' || text === '.' || text === '..' || text.includes('/') || text.includes('\0')) throw new Error(`"${text}" cannot name a file`);
  return text;
}

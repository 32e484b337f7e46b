/** Where one cluster's containerd keeps everything; nothing is shared with another containerd. */
export interface ContainerdPaths {
  /** Images, snapshots, metadata: on disk. */
  readonly root: string;
  /** Below /run: shims, sandboxes' namespaces. */
  readonly state: string;
  readonly socket: string;
  /** runc's own state. */
  readonly runcRoot: string;
  readonly cniConfDir: string;
  readonly cniBinDir: string;
  readonly snapshotter: 'overlayfs' | 'native';
  readonly sandboxImage: string;
}

/** `config.toml` of containerd 1.6 and 1.7 (configuration version 2). */
export function containerdConfig(paths: ContainerdPaths): string {
  const text = (value: string): string => JSON.stringify(value);
  return `version = 2
root = ${text(paths.root)}
state = ${text(paths.state)}
disabled_plugins = ["io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.tracing.processor.v1.otlp", "io.containerd.internal.v1.tracing"]

[grpc]
  address = ${text(paths.socket)}

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = ${text(paths.sandboxImage)}
  stream_server_address = "127.0.0.1"
  stream_server_port = "0"
  # A machine without CAP_SYS_RESOURCE cannot lower an OOM score; without this line no sandbox would start there.
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
  enable_unprivileged_ports = true
  enable_unprivileged_icmp = true

  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = ${text(paths.cniBinDir)}
    conf_dir = ${text(paths.cniConfDir)}

  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = ${text(paths.snapshotter)}
    default_runtime_name = "runc"

    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"

      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        Root = ${text(paths.runcRoot)}
        SystemdCgroup = false
`;
}

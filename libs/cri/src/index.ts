/**
 * The container runtime of a node as a port (`Runtime`, plain values), with two adapters: CRI over gRPC (containerd, CRI-O) and a
 * deterministic fake. Only the kubelet uses it. May import `base`, `proto`, `grpc`.
 */
export * from './runtime.ts';
export * from './cri-runtime.ts';
export * from './fake-runtime.ts';

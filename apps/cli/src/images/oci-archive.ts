import { createHash } from 'node:crypto';
import { tar, type TarEntry } from './tar.ts';

/** What is in an image and how it starts. */
export interface ImageSpec {
  /** Full name with tag, as pods write it: `rhythm.local/hello:v1`. */
  readonly name: string;
  readonly layers: ReadonlyArray<readonly TarEntry[]>;
  /** Absolute path and arguments. */
  readonly entrypoint?: readonly string[];
  readonly cmd?: readonly string[];
  readonly env?: readonly string[];
  readonly workingDir?: string;
  /** Numeric user, for images that do not run as root. */
  readonly user?: string;
}

const architectures: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

/** An image as one archive in the OCI image layout, ready for `ctr images import`. Equal input gives equal bytes. */
export function ociArchive(images: readonly ImageSpec[], nodeArchitecture: string = process.arch): Buffer {
  const blobs = new Map<string, Buffer>();
  const put = (content: Buffer): string => {
    const digest = createHash('sha256').update(content).digest('hex');
    blobs.set(digest, content);
    return `sha256:${digest}`;
  };
  const manifests = images.map((image) => manifestOf(image, architectures[nodeArchitecture] ?? nodeArchitecture, put));
  const index = { schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json', manifests };
  return tar([
    { type: 'directory', path: 'blobs' },
    { type: 'directory', path: 'blobs/sha256' },
    ...[...blobs].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([digest, content]): TarEntry => ({ type: 'file', path: `blobs/sha256/${digest}`, content })),
    { type: 'file', path: 'index.json', content: json(index) },
    { type: 'file', path: 'oci-layout', content: json({ imageLayoutVersion: '1.0.0' }) },
  ]);
}

function manifestOf(image: ImageSpec, architecture: string, put: (content: Buffer) => string): unknown {
  const layers = image.layers.map((entries) => {
    const content = tar(entries);
    return { mediaType: 'application/vnd.oci.image.layer.v1.tar', digest: put(content), size: content.length };
  });
  const config = json({
    architecture,
    os: 'linux',
    config: { Env: image.env ?? ['PATH=/bin'], Entrypoint: image.entrypoint, Cmd: image.cmd, WorkingDir: image.workingDir ?? '/', User: image.user },
    // A layer that is not compressed has its own digest as diff id.
    rootfs: { type: 'layers', diff_ids: layers.map(({ digest }) => digest) },
    history: layers.map(() => ({ created_by: 'rhythm' })),
  });
  const manifest = json({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: put(config), size: config.length },
    layers,
  });
  return {
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    digest: put(manifest),
    size: manifest.length,
    platform: { architecture, os: 'linux' },
    annotations: { 'io.containerd.image.name': image.name, 'org.opencontainers.image.ref.name': image.name.slice(image.name.lastIndexOf(':') + 1) },
  };
}

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

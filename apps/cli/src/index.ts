/** The parts of the command that tests of other apps use: a containerd of their own, with the local images in it. */
export { importImages, importedImages } from './images/import-images.ts';
export { helloImage, localImageArchive, localImages, pauseImage } from './images/local-images.ts';
export { cniConflist } from './runtime/cni-config.ts';
export { snapshotterFor, startContainerd } from './runtime/start-containerd.ts';
export { launch, stopProcess } from './processes/launch.ts';
export { ociArchive, type ImageSpec } from './images/oci-archive.ts';
export { tar, type TarEntry } from './images/tar.ts';
export { ensureProgram, type Program } from './host/kubectl-layer.ts';

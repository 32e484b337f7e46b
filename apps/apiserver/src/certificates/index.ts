/** Certificates and keys that are renewed in place: read from files by `main`, taken by both faces, by authentication and by what calls kubelets. */
export * from './live-certificates.ts';
export { followFiles, type FollowedFiles } from './from-flags.ts';

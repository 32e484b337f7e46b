/** What admission does for volumes: classes by default, protection while in use, growth where the class allows it. Used by `admission/index.ts`. */
export { defaultStorageClass } from './default-class.ts';
export { storageProtection } from './protection.ts';
export { claimResize } from './resize.ts';

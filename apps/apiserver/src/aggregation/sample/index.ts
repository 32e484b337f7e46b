/**
 * For tests: an aggregated API server as they are written with Kubernetes' libraries. It believes what a front proxy says in headers, asks whether the
 * caller may by SubjectAccessReview, and serves `wardle.example.com/v1alpha1` flunders from memory. Nothing but tests imports it.
 */
export { startSampleServer, type SampleOptions, type SampleServer, type SampleUser } from './sample-server.ts';
export { sampleGroup, sampleVersion } from './flunders.ts';

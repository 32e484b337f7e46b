import { spawn } from 'node:child_process';

/** nft refused a ruleset, or could not be started. */
export class NftError extends Error {
  override readonly name = 'NftError';
}

/** Hands `ruleset` to the kernel as one transaction: all of it or nothing. */
export type ApplyRuleset = (ruleset: string) => Promise<void>;

/** Longest part of nft's complaint that is kept. */
const complaintCharsMax = 2_000;

/** @throws NftError with what nft said. */
export const applyNft: ApplyRuleset = (ruleset) =>
  new Promise((resolve, reject) => {
    const child = spawn('nft', ['-f', '-'], { stdio: ['pipe', 'ignore', 'pipe'] });
    let complaint = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaint = (complaint + text).slice(0, complaintCharsMax);
    });
    child.on('error', (cause) => reject(new NftError(`nft cannot be started: ${cause.message}; install the package nftables`, { cause })));
    child.on('close', (code) => (code === 0 ? resolve() : reject(new NftError(`nft refused the ruleset: ${complaint.trim()}`))));
    // A child that dies early says why when it closes; the broken pipe adds nothing.
    child.stdin.on('error', () => undefined).end(ruleset);
  });

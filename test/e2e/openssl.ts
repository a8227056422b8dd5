import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A certificate and its key, as PEM, with the files they came from. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
  readonly certFile: string;
  readonly keyFile: string;
}

/** Why certificates cannot be made here, or undefined where they can. */
export function opensslProblem(): string | undefined {
  const { error, status } = spawnSync('openssl', ['version']);
  return error !== undefined || status !== 0 ? 'no openssl command, which makes the certificates' : undefined;
}

/** Makes certificates in a folder of its own. */
export class CertificateMaker implements Disposable {
  readonly #folder = mkdtempSync(path.join(tmpdir(), 'edge-csi-tls-'));
  #count = 0;

  authority(name: string): Certificate {
    const { certFile, keyFile } = this.#files();
    const request = ['req', '-x509', '-nodes', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
    this.#openssl(...request, '-subj', `/CN=${name}`, '-days', '2', '-keyout', keyFile, '-out', certFile);
    return load(certFile, keyFile);
  }

  /**
   * @param days - until it expires; a negative number: it has expired
   * @param holder - whose it is, as the extension subjectAltName names it
   */
  signed(authority: Certificate, name: string, days = 2, holder = 'IP:127.0.0.1'): Certificate {
    const { certFile, keyFile } = this.#files();
    const requestFile = `${certFile}.csr`;
    const extensionFile = `${certFile}.ext`;
    writeFileSync(extensionFile, `subjectAltName=${holder}\n`);
    const request = ['req', '-nodes', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
    this.#openssl(...request, '-subj', `/CN=${name}`, '-keyout', keyFile, '-out', requestFile);
    const signers = ['-CA', authority.certFile, '-CAkey', authority.keyFile, '-CAcreateserial'];
    const signing = ['x509', '-req', '-in', requestFile, ...signers, '-extfile', extensionFile];
    this.#openssl(...signing, '-days', `${days}`, '-out', certFile);
    return load(certFile, keyFile);
  }

  /** Writes something beside the certificates. @returns its path */
  file(name: string, content: string): string {
    const file = path.join(this.#folder, name);
    writeFileSync(file, content);
    return file;
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true });
  }

  #files(): { readonly certFile: string; readonly keyFile: string } {
    const stem = path.join(this.#folder, `${this.#count++}`);
    return { certFile: `${stem}.pem`, keyFile: `${stem}.key` };
  }

  #openssl(...args: string[]): void {
    execFileSync('openssl', args, { stdio: 'pipe' });
  }
}

function load(certFile: string, keyFile: string): Certificate {
  return { cert: readFileSync(certFile, 'utf8'), key: readFileSync(keyFile, 'utf8'), certFile, keyFile };
}

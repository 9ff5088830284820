// Makes a certificate for this machine with openssl and makes this process trust it, for SDKs that require
// TLS.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'

export interface Certificate {
  readonly keyPath: string
  readonly certPath: string
}

const days = '30'

export function makeCertificate(directory: string): Certificate {
  const keyPath = join(directory, 'key.pem')
  const certPath = join(directory, 'cert.pem')
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
  try {
    const files = ['-keyout', keyPath, '-out', certPath, '-days', days]
    execFileSync('openssl', ['req', '-x509', ...curve, ...files, ...names], { stdio: 'pipe' })
  } catch (cause) {
    throw new Error('--https needs openssl (version 1.1.1 or later) on the PATH', { cause })
  }
  setDefaultCACertificates([...getCACertificates('default'), readFileSync(certPath, 'utf8')])
  return { keyPath, certPath }
}

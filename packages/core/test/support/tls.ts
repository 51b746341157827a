/** Certificates of a throw-away authority that this process trusts. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { setDefaultAutoSelectFamilyAttemptTimeout } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'

/** What a TLS server needs. */
export interface Certificate {
  readonly key: string
  readonly cert: string
}

const configuration = `
[req]
distinguished_name = name
[name]
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
`

// A name with two addresses is given a quarter of a second for each but the last, which a busy machine may exceed.
setDefaultAutoSelectFamilyAttemptTimeout(10_000)

let made: Certificate | undefined

/** A certificate for this machine under any of these names, made once, and trusted from then on. */
export function trustedCertificate(
  names: readonly string[] = ['localhost', '*.localhost', 'client.example', '*.client.example'],
): Certificate {
  if (made) return made
  const folder = mkdtempSync(join(tmpdir(), 'mcp-auth-tls-'))
  const file = (name: string): string => join(folder, name)
  const addresses = ['127.0.0.1', '127.0.0.2', '127.0.0.3', '::1'].map((address) => `IP:${address}`)
  const alternatives = [...names.map((name) => `DNS:${name}`), ...addresses].join(', ')
  writeFileSync(file('openssl.cnf'), `${configuration}[server]\nsubjectAltName = ${alternatives}\n`)
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const request = (...rest: readonly string[]): Buffer =>
    execFileSync('openssl', ['req', '-x509', '-days', '2', '-config', file('openssl.cnf'), ...key, ...rest], {
      stdio: 'pipe',
    })
  const authority = ['-keyout', file('authority.key'), '-out', file('authority.pem')]
  request('-subj', '/CN=throw-away authority', '-extensions', 'authority', ...authority)
  const issuer = ['-CA', file('authority.pem'), '-CAkey', file('authority.key')]
  request('-subj', '/CN=localhost', '-extensions', 'server', ...issuer, '-keyout', file('key'), '-out', file('cert'))
  made = { key: readFileSync(file('key'), 'utf8'), cert: readFileSync(file('cert'), 'utf8') }
  setDefaultCACertificates([...getCACertificates('default'), readFileSync(file('authority.pem'), 'utf8')])
  rmSync(folder, { recursive: true })
  return made
}

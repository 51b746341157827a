/** What the part a server imports weighs: time to import it, and bytes of its bundle. @module */
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { execPath } from 'node:process'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { quantile } from '../quantile.ts'
import { findJose } from './jose.ts'

/** Something to import. */
interface Part {
  readonly label: string
  readonly modules: readonly string[]
  /** What a server takes of it. */
  readonly source: string
}

/** What it weighs. */
export interface Weight {
  readonly label: string
  /** Milliseconds in a fresh process: the median. */
  readonly milliseconds: number
  /** Bytes of the bundle, minified and then compressed; `undefined` without a bundler. */
  readonly bytes: number | undefined
}

const sdk = '@modelcontextprotocol/sdk/server/auth'
const proxy = '{ createOAuthProxy, oauth2, mcpAuth, requireBearerAuth, readAuthSession }'

const parts: readonly Part[] = [
  ...['@mcp-auth/hono', '@mcp-auth/fastify', '@mcp-auth/express'].map((name) => ({
    label: name,
    modules: [name],
    source: `export ${proxy} from '${name}'`,
  })),
  {
    label: 'SDK v1: router, proxy provider, gate',
    modules: [`${sdk}/router.js`, `${sdk}/providers/proxyProvider.js`, `${sdk}/middleware/bearerAuth.js`],
    source: `export { mcpAuthRouter } from '${sdk}/router.js'
export { ProxyOAuthServerProvider } from '${sdk}/providers/proxyProvider.js'
export { requireBearerAuth } from '${sdk}/middleware/bearerAuth.js'`,
  },
  {
    label: 'oidc-provider',
    modules: ['oidc-provider'],
    source: "export { Provider } from 'oidc-provider'",
  },
  {
    label: '@cloudflare/workers-oauth-provider',
    modules: ['@cloudflare/workers-oauth-provider'],
    source: "export { OAuthProvider } from '@cloudflare/workers-oauth-provider'",
  },
  {
    label: 'fastmcp/auth',
    modules: ['fastmcp/auth'],
    source: "export { OAuthProvider, requireAuth } from 'fastmcp/auth'",
  },
  { label: '(jose)', modules: [findJose()], source: `export { jwtVerify, SignJWT } from '${findJose()}'` },
  { label: '(nothing)', modules: ['node:crypto'], source: '' },
]

/** Frameworks are the user's, and not counted. */
const external = ['express', 'fastify', 'hono', 'hono/*', 'cloudflare:workers']

/** The part of esbuild we use. */
interface Bundler {
  build(options: object): Promise<{ readonly outputFiles: readonly { readonly contents: Uint8Array }[] }>
}

/** Weighs each part; imports are timed in `rounds` rounds, all parts in each. */
export async function measureWeight(rounds: number): Promise<readonly Weight[]> {
  const times = new Map<Part, number[]>(parts.map((part) => [part, []]))
  for (let round = 0; round < rounds; round += 1) {
    for (const [part, list] of times) list.push(timeImport(part))
  }
  const bundler = findBundler()
  return await Promise.all(
    [...times].map(async ([part, list]) => ({
      label: part.label,
      milliseconds: quantile(list, 0.5),
      bytes: bundler && (await bundle(bundler, part)),
    })),
  )
}

function timeImport({ modules }: Part): number {
  const script = fileURLToPath(new URL('import-time.ts', import.meta.url))
  const { stdout, stderr, status } = spawnSync(execPath, [script, ...modules], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${modules.join(', ')}: ${stderr}`)
  return Number(stdout)
}

/** The bundler that builds our packages, where it is installed. */
function findBundler(): Bundler | undefined {
  const require = createRequire(import.meta.url)
  try {
    return createRequire(require.resolve('tsup'))('esbuild') as Bundler
  } catch {
    return undefined
  }
}

async function bundle(bundler: Bundler, { source }: Part): Promise<number> {
  const { outputFiles } = await bundler.build({
    stdin: { contents: source, resolveDir: fileURLToPath(new URL('.', import.meta.url)) },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    logLevel: 'silent',
    external,
  })
  return gzipSync(outputFiles[0]?.contents ?? new Uint8Array()).byteLength
}

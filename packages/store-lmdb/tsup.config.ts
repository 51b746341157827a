import type { Options } from 'tsup'

const config: Options = {
  entry: { index: 'src/index.ts' },
  format: ['esm'],
  target: 'es2022',
  platform: 'node',
  removeNodeProtocol: false,
  dts: false,
  clean: true,
}

export default config
